import type { ChatDb } from '@taar/db';

/** The members of a chat who may see the caller type. A block hides it on both sides. */
export type Audience = { isGroup: boolean; peerId: string | null; blocked: string[] };

/** Read at each event, because a block takes effect at once. Null if the user is no member. */
export const findAudience = async (
  db: Pick<ChatDb, '$queryRaw'>,
  userId: string,
  chatId: string,
): Promise<Audience | null> => {
  const [row] = await db.$queryRaw<Audience[]>`
    SELECT
      chat.is_group AS "isGroup",
      CASE WHEN NOT chat.is_group THEN (
        SELECT peer.user_id
        FROM chat_members peer
        WHERE peer.chat_id = chat.id
          AND peer.user_id <> member.user_id
      ) END AS "peerId",
      ARRAY(
        SELECT other.user_id
        FROM blocks block
        JOIN chat_members other ON other.chat_id = chat.id
          AND other.user_id = CASE block.blocker_id
            WHEN member.user_id THEN block.blocked_id
            ELSE block.blocker_id
          END
        WHERE member.user_id IN (block.blocker_id, block.blocked_id)
      ) AS blocked
    FROM chat_members member
    JOIN chats chat ON chat.id = member.chat_id
    WHERE member.chat_id = ${chatId}::uuid
      AND member.user_id = ${userId}::uuid
      AND member.left_at IS NULL
      AND chat.closed_at IS NULL`;
  return row ?? null;
};
