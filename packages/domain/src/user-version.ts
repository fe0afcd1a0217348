import type { ServiceTx } from '@taar/db';

type Sql = Pick<ServiceTx<'user'>, '$queryRaw'>;

/**
 * Moves the private version of each of these users, and says what it is now: every row of theirs
 * that changes with it carries it, so that their devices can ask for what is newer. Comes last in
 * a transaction, as everything private to a user waits for its lock.
 */
export const bumpUserVersions = async (
  tx: Sql,
  userIds: string[],
): Promise<Map<string, number>> => {
  // In order of the ids, so that two transactions cannot lock across.
  const rows = await tx.$queryRaw<{ userId: string; ver: bigint }[]>`
    INSERT INTO user_state AS s (user_id, user_ver)
    SELECT DISTINCT id, 1 FROM unnest(${userIds}::uuid[]) AS t(id) ORDER BY id
    ON CONFLICT (user_id) DO UPDATE SET user_ver = s.user_ver + 1
    RETURNING user_id AS "userId", user_ver AS ver`;
  return new Map(rows.map(({ userId, ver }) => [userId, Number(ver)]));
};

export const bumpUserVersion = async (tx: Sql, userId: string): Promise<number> =>
  (await bumpUserVersions(tx, [userId])).get(userId)!;
