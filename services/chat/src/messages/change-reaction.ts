import type { Actor } from '@taar/kit/auth';
import type { ChangeDeps } from '../core/change-chat.ts';
import {
  type MessageChange,
  type MessageKey,
  changeMessage,
  isHiddenByBlock,
  readTarget,
} from '../core/change-message.ts';
import { touchMessage } from '../core/touch-message.ts';

/** Changes the caller's reaction to a message; `choose` maps the present emoji to the new one. */
export const changeReaction = (
  deps: ChangeDeps,
  actor: Actor,
  key: MessageKey,
  choose: (present: string | null) => string | null,
): Promise<void> =>
  changeMessage(deps, actor, key, async (change) => {
    const { tx, target } = change;
    const { userId } = actor;
    const present = target.myReaction ?? null;
    const emoji = choose(present);
    if ((await isHiddenByBlock(tx, userId, change)) || emoji === present) return;
    await touchMessage(change, target, {
      write: () => storeReaction(change, userId, emoji),
      event: 'reaction_updated',
      toPayload: async ({ id: messageId }) => {
        const { reactions } = await readTarget(tx, userId, key);
        return { messageId, userId, emoji, reactions: reactions ?? [] };
      },
    });
  });

const storeReaction = async (
  { tx, chat, target }: MessageChange,
  userId: string,
  emoji: string | null,
) => {
  const messageId = target.id;
  const key = { messageId_userId: { messageId, userId } };
  if (emoji === null) await tx.messageReaction.delete({ where: key });
  else
    await tx.messageReaction.upsert({
      where: key,
      create: { messageId, userId, chatId: chat.id, emoji, createdAt: chat.at },
      update: { emoji, createdAt: chat.at },
    });
};
