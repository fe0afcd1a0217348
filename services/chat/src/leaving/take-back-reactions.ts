import { type ChangeDeps, type ChatChange, changeChat } from '../core/change-chat.ts';
import { selectMessages } from '../core/select-messages.ts';
import type { MessageRow } from '../core/to-message.ts';
import { touchMessages } from '../core/touch-message.ts';

const batch = 100;

/** Deletes the reactions of a deleted account, and emits the changes to the other members. */
export const takeBackReactions = async (deps: ChangeDeps, userId: string): Promise<number> => {
  const chats = await deps.db.$queryRaw<{ id: string }[]>`
    SELECT DISTINCT chat_id AS id
    FROM message_reactions
    WHERE user_id = ${userId}::uuid`;
  let total = 0;
  for (const { id } of chats)
    for (let count = batch; count === batch; total += count)
      count = await takeBackBatch(deps, id, userId);
  return total;
};

const takeBackBatch = (deps: ChangeDeps, chatId: string, userId: string) =>
  changeChat(deps, chatId, async (change) => {
    const targets = await findTargets(change, userId);
    await touchMessages(change, targets, {
      write: () => deleteReactions(change, userId, targets),
      event: 'reaction_updated',
      toPayload: ({ id: messageId }, left) => {
        return { messageId, userId, emoji: null, reactions: left.get(messageId) ?? [] };
      },
    });
    return targets.length;
  });

const findTargets = ({ tx, chat }: ChatChange, userId: string) => tx.$queryRaw<MessageRow[]>`
  ${selectMessages}
  WHERE message.id IN (
    SELECT message_id
    FROM message_reactions
    WHERE chat_id = ${chat.id}::uuid
      AND user_id = ${userId}::uuid
    LIMIT ${batch})
  ORDER BY message.seq`;

/** Answers the reactions of other members that are left on each message. */
const deleteReactions = async ({ tx }: ChatChange, userId: string, targets: MessageRow[]) => {
  const ids = targets.map(({ id }) => id);
  await tx.messageReaction.deleteMany({ where: { userId, messageId: { in: ids } } });
  const rows = await tx.$queryRaw<MessageRow[]>`
    ${selectMessages}
    WHERE message.id = ANY(${ids}::uuid[])`;
  return new Map(rows.map(({ id, reactions }) => [id, reactions]));
};
