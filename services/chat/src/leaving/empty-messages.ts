import { Prisma } from '@taar/db';
import { changeChat } from '../core/change-chat.ts';
import type { Deps } from '../deps.ts';
import type { MessageRow } from '../core/to-message.ts';
import { selectMessages } from '../core/select-messages.ts';
import { tombstoneMessages } from '../core/tombstone-messages.ts';

type Needs = Pick<Deps, 'db' | 'publishCommits'>;

/** All of one transaction under the chat's lock: a bound to how long senders may wait for it. */
const batch = 100;

const emptyBatch = (deps: Needs, chatId: string, userId: string, which: Prisma.Sql) =>
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

/** Makes tombstones of what the person wrote: of all of it, or of what nobody else ever saw. */
export const emptyMessages = async (
  deps: Needs,
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
