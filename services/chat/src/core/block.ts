import { unblockFirst } from './access.ts';
import type { ChatTx, LockedChat } from './change-chat.ts';

/**
 * Whether a block keeps an action in a direct chat from the other member. The blocker is asked to
 * unblock first. The blocked gets no error, so that they do not learn of the block.
 */
export const isBlocked = async (
  tx: ChatTx,
  userId: string,
  chat: Pick<LockedChat, 'id' | 'isGroup'>,
): Promise<boolean> => {
  if (chat.isGroup) return false;
  const blocks = await tx.$queryRaw<{ own: boolean }[]>`
    SELECT block.blocker_id = ${userId}::uuid AS own
    FROM chat_members peer
    JOIN blocks block ON (block.blocker_id, block.blocked_id) IN (
      (peer.user_id, ${userId}::uuid),
      (${userId}::uuid, peer.user_id))
    WHERE peer.chat_id = ${chat.id}::uuid
      AND peer.user_id <> ${userId}::uuid`;
  if (blocks.some(({ own }) => own)) throw unblockFirst();
  return blocks.length > 0;
};
