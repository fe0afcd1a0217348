import type { Input, Output, statusRest } from '@taar/contracts';
import { Prisma } from '@taar/db';
import { type PersonRow, personAsSeen, toUserSummary } from '@taar/domain/people';
import type { Actor } from '@taar/kit/auth';
import { cutPage, defaultLimit, fromCursor } from '@taar/kit/cursor';
import { AppError } from '@taar/kit/errors';
import type { Deps } from './deps.ts';
import { isViewShown } from './queries.ts';

type ListStatusViews = typeof statusRest.listStatusViews;
type Row = { person: PersonRow; viewedAt: Date };

/** The viewers of a status, for its owner: the latest view first. */
export const listStatusViews = async (
  { db }: Pick<Deps, 'db'>,
  { userId }: Actor,
  { statusId, cursor, limit = defaultLimit }: Input<ListStatusViews>,
): Promise<Output<ListStatusViews>> => {
  const own = await db.status.findFirst({ where: { id: statusId, userId }, select: { id: true } });
  if (!own) throw new AppError('status_not_found', 'You have no status with this id.');
  const rows = await db.$queryRaw<Row[]>`
    SELECT
      ${personAsSeen(userId)} AS person,
      view.viewed_at AS "viewedAt"
    FROM statuses status
    JOIN status_views view ON view.status_id = status.id
    JOIN users person ON person.id = view.viewer_id
    LEFT JOIN user_settings settings ON settings.user_id = person.id
    WHERE status.id = ${statusId}::uuid
      AND ${isViewShown}
      AND ${isAfterCursor(statusId, cursor)}
    ORDER BY view.viewed_at DESC, view.viewer_id DESC
    LIMIT ${limit + 1}::int`;
  const { page, nextCursor } = cutPage(rows, { filters: [statusId], limit }, (row) => [
    row.viewedAt,
    row.person.id,
  ]);
  const items = page.map(({ person, viewedAt }) => ({
    user: toUserSummary(person),
    viewedAt: viewedAt.toISOString(),
  }));
  return { items, nextCursor };
};

/** Expects aliases: view. */
const isAfterCursor = (statusId: string, cursor: string | undefined) => {
  if (cursor === undefined) return Prisma.sql`true`;
  const [viewedAt, viewerId] = fromCursor([statusId], cursor, ['time', 'uuid']);
  return Prisma.sql`
    (view.viewed_at, view.viewer_id) < (${viewedAt}::timestamptz, ${viewerId}::uuid)`;
};
