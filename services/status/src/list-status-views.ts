import type { Input, Output, statusRest } from '@taar/contracts';
import { Prisma } from '@taar/db';
import { type PersonRow, personAsSeen, toUserSummary } from '@taar/domain/people';
import type { Actor } from '@taar/kit/auth';
import { cutPage, defaultLimit, fromCursor } from '@taar/kit/cursor';
import { AppError } from '@taar/kit/errors';
import type { Deps } from './deps.ts';
import { shownView } from './queries.ts';

type Views = Output<typeof statusRest.listStatusViews>;

export const listStatusViews = async (
  { db }: Pick<Deps, 'db'>,
  { userId }: Actor,
  { statusId, cursor, limit = defaultLimit }: Input<typeof statusRest.listStatusViews>,
): Promise<Views> => {
  const own = await db.status.findFirst({ where: { id: statusId, userId }, select: { id: true } });
  if (!own) throw new AppError('status_not_found', 'No such status.');
  const after = cursor === undefined ? null : fromCursor([statusId], cursor, ['time', 'uuid']);
  const rows = await db.$queryRaw<{ person: PersonRow; viewed_at: Date }[]>`
    SELECT ${personAsSeen(userId)} AS person, v.viewed_at
    FROM statuses s JOIN status_views v ON v.status_id = s.id
    JOIN users person ON person.id = v.viewer_id
    LEFT JOIN user_settings settings ON settings.user_id = person.id
    WHERE s.id = ${statusId}::uuid AND ${shownView}
      ${after ? Prisma.sql`AND (v.viewed_at, v.viewer_id) < (${after[0]}::timestamptz, ${after[1]}::uuid)` : Prisma.empty}
    ORDER BY v.viewed_at DESC, v.viewer_id DESC LIMIT ${limit + 1}::int`;
  const { page, nextCursor } = cutPage(rows, { filters: [statusId], limit }, (row) => [
    row.viewed_at,
    row.person.id,
  ]);
  const items = page.map(({ person, viewed_at }) => ({
    user: toUserSummary(person),
    viewedAt: viewed_at.toISOString(),
  }));
  return { items, nextCursor };
};
