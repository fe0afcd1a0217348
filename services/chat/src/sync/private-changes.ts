import type { ChatDb } from '@taar/db';

type Kind = 'chat' | 'star' | 'hidden' | 'block' | 'no_star' | 'no_block';
/** One row of the user's private state. Several rows can have the same version `ver`. */
export type PrivateChange = { kind: Kind; ref: string; chatId: string; ver: bigint };
export type PrivateChanges = {
  /** The epoch of the database: another one means that it was restored from a backup. */
  epoch: string;
  /** The time of the read, by the clock of the database. */
  at: Date;
  /** The version up to which `rows` is complete. */
  userVer: number;
  hasMore: boolean;
  rows: PrivateChange[];
};
type Row = {
  epoch: string;
  at: Date;
  current: bigint;
} & (PrivateChange | Record<keyof PrivateChange, null>);

const maxPageSize = 200;

/** Reads about `most` private changes after `userVer`, by version, from one snapshot. */
export const readPrivateChanges = async (
  db: Pick<ChatDb, '$queryRaw'>,
  userId: string,
  most: number,
  userVer = -1,
): Promise<PrivateChanges> => {
  const pageSize = Math.min(most, maxPageSize);
  const rows = await db.$queryRaw<Row[]>`
    SELECT
      server.epoch,
      clock_timestamp() AS at,
      coalesce(state.user_ver, 0) AS current,
      change.*
    FROM server_state server
    LEFT JOIN user_state state ON state.user_id = ${userId}::uuid
    LEFT JOIN LATERAL (
      SELECT 'chat' AS kind, chat_id::text AS ref, chat_id AS "chatId", user_ver AS ver
      FROM chat_members
      WHERE user_id = ${userId}::uuid AND user_ver > ${userVer}::bigint
      UNION ALL
      SELECT 'star', message_id::text, chat_id, user_ver
      FROM message_stars
      WHERE user_id = ${userId}::uuid AND user_ver > ${userVer}::bigint
      UNION ALL
      SELECT 'hidden', message_id::text, chat_id, user_ver
      FROM message_hidden
      WHERE user_id = ${userId}::uuid AND user_ver > ${userVer}::bigint
      UNION ALL
      SELECT 'block', blocked_id::text, NULL, user_ver
      FROM blocks
      WHERE blocker_id = ${userId}::uuid AND user_ver > ${userVer}::bigint
      UNION ALL
      SELECT 'no_' || kind, ref, NULL, user_ver
      FROM user_removals
      WHERE user_id = ${userId}::uuid AND user_ver > ${userVer}::bigint
      ORDER BY ver
      -- A version can change many rows: a page holds all of them or none.
      FETCH FIRST (${pageSize}::int) ROWS WITH TIES
    ) change ON true
    ORDER BY change.ver`;
  const { epoch, at, current } = rows[0]!;
  const changes = rows.filter((row) => row.ver !== null);
  const last = changes.at(-1)?.ver;
  const hasMore = changes.length >= pageSize && last! < current;
  return { epoch, at, userVer: Number(hasMore ? last : current), hasMore, rows: changes };
};
