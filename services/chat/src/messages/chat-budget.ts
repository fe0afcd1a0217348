import { limits } from '@taar/contracts';
import type { SpendLimit } from '@taar/kit/rate-limit';
import { LRUCache } from 'lru-cache';

const { points, seconds } = limits.sendToChat;
/** A node spends the budget in parts. Most chats never use up the first, and cost Redis nothing. */
const parts = 8;
const maxChats = 50_000;

/** A node's part of the budget: messages left, and messages that Redis has not counted yet. */
type Share = { left: number; unpaid: number; paying: Promise<void> | undefined };

/**
 * Limits how many messages all members of a chat may send to it together. A node takes a part of
 * the budget at a time, the first one on credit. It authorises the sender before it takes another
 * part, so that outsiders cannot use up the members' budget.
 */
export const createChatBudget = (spendLimit: SpendLimit, factor: number) => {
  const part = (points * factor) / parts;
  const shares = new LRUCache<string, Share>({
    max: maxChats,
    ttl: seconds * 1_000,
    noUpdateTTL: true,
  });

  const shareOf = (chatId: string): Share => {
    const share = shares.get(chatId) ?? { left: part, unpaid: part, paying: undefined };
    shares.set(chatId, share);
    return share;
  };

  const pay = async (chatId: string, share: Share) => {
    const due = share.unpaid + part;
    share.unpaid = 0;
    await spendLimit('sendToChat', { address: '' }, { chatId }, due);
    share.left += part;
  };

  return {
    /** Takes one message from the budget, or throws `rate_limited`. */
    take: async (chatId: string, authorise: () => Promise<void>): Promise<void> => {
      const share = shareOf(chatId);
      while (share.left === 0) {
        await authorise();
        await (share.paying ??= pay(chatId, share).finally(() => (share.paying = undefined)));
      }
      share.left -= 1;
    },
    /** Gives back a message that was not stored. */
    giveBack: (chatId: string): void => {
      shareOf(chatId).left += 1;
    },
  };
};
export type ChatBudget = ReturnType<typeof createChatBudget>;
