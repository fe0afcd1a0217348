import { type ChatChange, changeChat } from '../core/change-chat.ts';
import type { Deps } from '../deps.ts';
import { aboutOf } from '../core/change-message.ts';
import { keepForLeavers } from '../core/snapshot-for-former-members.ts';
import { type MessageRow, selectMessages } from '../core/message-rows.ts';

type Needs = Pick<Deps, 'db' | 'publish'>;

const batch = 100;

const findOwn = ({ tx, chat }: ChatChange, userId: string) => tx.$queryRaw<MessageRow[]>`
  ${selectMessages} WHERE m.id IN (
    SELECT message_id FROM message_reactions
    WHERE chat_id = ${chat.id}::uuid AND user_id = ${userId}::uuid LIMIT ${batch})`;

const takeBackBatch = (deps: Needs, chatId: string, userId: string) =>
  changeChat(deps, chatId, async (change) => {
    const { tx, chat, next, tell } = change;
    const ids = (await findOwn(change, userId)).map(({ id }) => id);
    await keepForLeavers(change, ids);
    await tx.messageReaction.deleteMany({ where: { userId, messageId: { in: ids } } });
    const rows = await tx.$queryRaw<MessageRow[]>`${selectMessages}
      WHERE m.id = ANY(${ids}::uuid[]) ORDER BY m.seq`;
    for (const row of rows) {
      await tx.$executeRaw`
        UPDATE messages SET change_seq = ${next()}, updated_at = ${chat.at} WHERE id = ${row.id}::uuid`;
      const reactions = row.reactions ?? [];
      tell('reaction_updated', { messageId: row.id, userId, emoji: null, reactions }, aboutOf(row));
    }
    return rows.length;
  });

/** Others have them on their devices, and are told. */
export const takeBackReactions = async (deps: Needs, userId: string): Promise<number> => {
  const chats = await deps.db.$queryRaw<{ id: string }[]>`
    SELECT DISTINCT chat_id AS id FROM message_reactions WHERE user_id = ${userId}::uuid`;
  let total = 0;
  for (const { id } of chats)
    for (let count = batch; count === batch; total += count)
      count = await takeBackBatch(deps, id, userId);
  return total;
};
