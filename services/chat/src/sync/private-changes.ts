import type { ChatDb } from '@taar/db';

type Kind = 'chat' | 'star' | 'hidden' | 'block' | 'no_star' | 'no_block';
/** One of those that this version, `ver`, is of. */
export type PrivateChange = { kind: Kind; ref: string; chatId: string; ver: bigint };
export type PrivateChanges = {
  epoch: string;
  at: Date;
  userVer: number;
  hasMore: boolean;
  rows: PrivateChange[];
};
type Row = {
  epoch: string;
  at: Date;
  current: bigint;
} & (PrivateChange | Record<keyof PrivateChange, null>);

const pageSize = 200;

/**
 * What is a user's own and newer than `userVer`, in the order of its version. The clock and the
 * database's epoch come from the same snapshot.
 */
export const readPrivateChanges = async (
  db: Pick<ChatDb, '$queryRaw'>,
  userId: string,
  userVer = -1,
): Promise<PrivateChanges> => {
  const rows = await db.$queryRaw<Row[]>`
    SELECT state.epoch, clock_timestamp() AS at, coalesce(u.user_ver, 0) AS current, mine.*
    FROM server_state state LEFT JOIN user_state u ON u.user_id = ${userId}::uuid
    LEFT JOIN LATERAL (
      SELECT 'chat' AS kind, chat_id::text AS ref, chat_id AS "chatId", user_ver AS ver
        FROM chat_members WHERE user_id = ${userId}::uuid AND user_ver > ${userVer}::bigint
      UNION ALL SELECT 'star', message_id::text, chat_id, user_ver
        FROM message_stars WHERE user_id = ${userId}::uuid AND user_ver > ${userVer}::bigint
      UNION ALL SELECT 'hidden', message_id::text, chat_id, user_ver
        FROM message_hidden WHERE user_id = ${userId}::uuid AND user_ver > ${userVer}::bigint
      UNION ALL SELECT 'block', blocked_id::text, NULL, user_ver
        FROM blocks WHERE blocker_id = ${userId}::uuid AND user_ver > ${userVer}::bigint
      UNION ALL SELECT 'no_' || kind, ref, NULL, user_ver
        FROM user_removals WHERE user_id = ${userId}::uuid AND user_ver > ${userVer}::bigint
      -- One version may change many rows: they go together.
      ORDER BY ver FETCH FIRST (${pageSize}::int) ROWS WITH TIES
    ) mine ON true
    ORDER BY mine.ver`;
  const { epoch, at, current } = rows[0]!;
  const changes = rows.filter((row) => row.ver !== null);
  const last = changes.at(-1)?.ver;
  const hasMore = changes.length >= pageSize && last! < current;
  return { epoch, at, userVer: Number(hasMore ? last : current), hasMore, rows: changes };
};
