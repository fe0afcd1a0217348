import type { Input, Output, userRest } from '@taar/contracts';
import { type PersonRow, personAsSeen, toUserSummary } from '@taar/domain/people';
import type { Actor } from '@taar/kit/auth';
import { cutPage, defaultLimit, fromCursor } from '@taar/kit/cursor';
import type { Deps } from '../deps.ts';

type ListBlocks = typeof userRest.listBlocks;
type Row = { person: PersonRow; blockedAt: Date };

export const listBlocks = async (
  { db }: Pick<Deps, 'db'>,
  { userId }: Actor,
  { limit = defaultLimit, cursor }: Input<ListBlocks>,
): Promise<Output<ListBlocks>> => {
  const [at, id] =
    cursor === undefined ? [null, null] : fromCursor('blocks', cursor, ['time', 'uuid']);
  const rows = await db.$queryRaw<Row[]>`
    SELECT ${personAsSeen(userId)} AS person, mine.created_at AS "blockedAt"
    FROM blocks mine
    JOIN users person ON person.id = mine.blocked_id
    LEFT JOIN user_settings settings ON settings.user_id = person.id
    WHERE mine.blocker_id = ${userId}::uuid
      AND (${at === null}
        OR (mine.created_at, mine.blocked_id) < (${at}::timestamptz, ${id}::uuid))
    ORDER BY mine.created_at DESC, mine.blocked_id DESC
    LIMIT ${limit + 1}`;
  const { page, nextCursor } = cutPage(
    rows,
    { filters: 'blocks', limit },
    ({ blockedAt, person }) => [blockedAt, person.id],
  );
  return {
    items: page.map(({ person, blockedAt }) => ({
      user: toUserSummary(person),
      blockedAt: blockedAt.toISOString(),
    })),
    nextCursor,
  };
};
