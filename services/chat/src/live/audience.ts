import type { ChatDb } from '@taar/db';

/** Who may see somebody type in a chat. Nobody does across a block. */
export type Audience = { isGroup: boolean; peerId: string | null; blocked: string[] };

/** Read each time, as a block counts from the moment it is made. Null for who is not in the chat. */
export const findAudience = async (
  db: Pick<ChatDb, '$queryRaw'>,
  userId: string,
  chatId: string,
): Promise<Audience | null> => {
  const [row] = await db.$queryRaw<Audience[]>`
    SELECT c.is_group AS "isGroup",
      CASE WHEN NOT c.is_group THEN (SELECT o.user_id FROM chat_members o
        WHERE o.chat_id = c.id AND o.user_id <> me.user_id) END AS "peerId",
      ARRAY(SELECT o.user_id FROM blocks b JOIN chat_members o ON o.chat_id = c.id
          AND o.user_id = CASE b.blocker_id WHEN me.user_id THEN b.blocked_id ELSE b.blocker_id END
        WHERE me.user_id IN (b.blocker_id, b.blocked_id)) AS blocked
    FROM chat_members me JOIN chats c ON c.id = me.chat_id
    WHERE me.chat_id = ${chatId}::uuid AND me.user_id = ${userId}::uuid AND me.left_at IS NULL
      AND c.closed_at IS NULL`;
  return row ?? null;
};
