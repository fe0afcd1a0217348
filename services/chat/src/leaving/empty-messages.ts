import { Prisma } from '@taar/db';
import { type ChangeDeps, changeChat } from '../core/change-chat.ts';
import { selectMessages } from '../core/select-messages.ts';
import type { MessageRow } from '../core/to-message.ts';
import { tombstoneMessages } from '../core/tombstone-messages.ts';

/** Tombstones of one transaction, which bounds how long senders wait for the chat's lock. */
const batch = 100;

/**
 * Turns messages of a deleted account into tombstones and answers how many: all of them if the user
 * asked for it, otherwise those that a block swallowed, which are visible to their sender alone.
 */
export const emptyMessages = async (
  deps: ChangeDeps,
  userId: string,
  { deleteMessages }: { deleteMessages: boolean },
): Promise<number> => {
  const which = Prisma.sql`(
    message.sender_id = ${userId}::uuid
    AND message.client_message_id IS NOT NULL
    AND message.deleted_at IS NULL
    AND (${deleteMessages} OR message.visible_to = ${userId}::uuid))`;
  const chats = await deps.db.$queryRaw<{ id: string }[]>`
    SELECT DISTINCT message.chat_id AS id
    FROM messages message
    WHERE ${which}`;
  let total = 0;
  for (const { id } of chats)
    for (let count = batch; count === batch; total += count)
      count = await emptyBatch(deps, id, userId, which);
  return total;
};

const emptyBatch = (deps: ChangeDeps, chatId: string, userId: string, which: Prisma.Sql) =>
  changeChat(deps, chatId, async (change) => {
    const rows = await change.tx.$queryRaw<MessageRow[]>`
      ${selectMessages}
      WHERE message.chat_id = ${chatId}::uuid
        AND ${which}
      ORDER BY message.seq
      LIMIT ${batch}`;
    if (rows.length > 0) await tombstoneMessages(change, rows, userId);
    return rows.length;
  });
