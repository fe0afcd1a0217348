import type { PrismaClient } from '@taar/db';

type Tx = Pick<PrismaClient, '$queryRaw'>;

/** Increments the private version of a user; see `bumpUserVersions`. */
export const bumpUserVersion = async (tx: Tx, userId: string): Promise<number> =>
  (await bumpUserVersions(tx, [userId])).get(userId)!;

/**
 * Increments the private version of users and returns the new ones: rows that change for a user
 * store it, so that devices can ask for later changes. Call last in a transaction, as it locks.
 */
export const bumpUserVersions = async (tx: Tx, userIds: string[]): Promise<Map<string, number>> => {
  // In the order of ids, so that two transactions cannot deadlock.
  const rows = await tx.$queryRaw<{ userId: string; version: bigint }[]>`
    INSERT INTO user_state AS state (user_id, user_ver)
    SELECT DISTINCT id, 1
    FROM unnest(${userIds}::uuid[]) AS changed (id)
    ORDER BY id
    ON CONFLICT (user_id) DO UPDATE
      SET user_ver = state.user_ver + 1
    RETURNING user_id AS "userId", user_ver AS version`;
  return new Map(rows.map(({ userId, version }) => [userId, Number(version)]));
};
