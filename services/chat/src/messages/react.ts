import type { Input, chatRest } from '@taar/contracts';
import type { Actor } from '@taar/kit/auth';
import type { Deps } from '../deps.ts';
import {
  type MessageChange,
  changeMessage,
  isUnheard,
  readTarget,
} from '../core/change-message.ts';
import { keepForLeavers } from '../core/snapshot-for-former-members.ts';

const store = async ({ tx, chat, target }: MessageChange, userId: string, emoji: string | null) => {
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

const react = (
  deps: Pick<Deps, 'db' | 'publish'>,
  actor: Actor,
  place: { chatId: string; messageId: string },
  choose: (mine: string | null) => string | null,
): Promise<void> =>
  changeMessage(deps, actor, place, async (change) => {
    const { tx, chat, target, next, tell, about } = change;
    const { userId } = actor;
    const mine = target.my_reaction ?? null;
    const emoji = choose(mine);
    if ((await isUnheard(tx, userId, change)) || emoji === mine) return;
    await keepForLeavers(change, [target.id]);
    await store(change, userId, emoji);
    await tx.$executeRaw`
      UPDATE messages SET change_seq = ${next()}, updated_at = ${chat.at} WHERE id = ${target.id}::uuid`;
    const { reactions } = await readTarget(tx, userId, place);
    tell(
      'reaction_updated',
      { messageId: target.id, userId, emoji, reactions: reactions ?? [] },
      about,
    );
  });

export const setReaction = (
  deps: Pick<Deps, 'db' | 'publish'>,
  actor: Actor,
  { emoji, ...place }: Input<typeof chatRest.setReaction>,
) => react(deps, actor, place, () => emoji);

export const removeReaction = (
  deps: Pick<Deps, 'db' | 'publish'>,
  actor: Actor,
  { emoji, ...place }: Input<typeof chatRest.removeReaction>,
) => react(deps, actor, place, (mine) => (emoji === undefined || emoji === mine ? null : mine));
