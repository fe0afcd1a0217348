import { type Input, type chatRest, sizes } from '@taar/contracts';
import type { Actor } from '@taar/kit/auth';
import { AppError } from '@taar/kit/errors';
import type { Deps } from '../deps.ts';
import { assertRole } from '../core/access.ts';
import { type MessageChange, changeMessage, isUnheard } from '../core/change-message.ts';
import { keepForLeavers } from '../core/snapshot-for-former-members.ts';
import { isGone } from '../core/message-rows.ts';

const assertRoom = async ({ tx, chat }: MessageChange, userId: string) => {
  const pins = await tx.$queryRaw<unknown[]>`
    SELECT 1 FROM message_pins p JOIN messages m ON m.id = p.message_id
    WHERE p.chat_id = ${chat.id}::uuid AND NOT ${isGone()}
      AND (m.visible_to IS NULL OR m.visible_to = ${userId}::uuid)`;
  if (pins.length >= sizes.pins)
    throw new AppError('conflict', `A chat has at most ${sizes.pins} pinned messages.`);
};

const setPinned = (
  deps: Pick<Deps, 'db' | 'publish'>,
  actor: Actor,
  place: { chatId: string; messageId: string },
  pinned: boolean,
): Promise<void> =>
  changeMessage(deps, actor, place, async (change) => {
    const { tx, chat, member, target, about, next, tell, say } = change;
    const { userId } = actor;
    if (member.isGroup) assertRole(member, member.settings.whoCanEditInfo);
    if ((await isUnheard(tx, userId, change)) || target.pinned === pinned) return;
    const key = { chatId: chat.id, messageId: target.id };
    if (pinned) await assertRoom(change, userId);
    await keepForLeavers(change, [target.id]);
    if (pinned)
      await tx.messagePin.create({ data: { ...key, pinnedBy: userId, pinnedAt: chat.at } });
    else await tx.messagePin.delete({ where: { chatId_messageId: key } });
    await tx.$executeRaw`
      UPDATE messages SET change_seq = ${next()}, updated_at = ${chat.at} WHERE id = ${target.id}::uuid`;
    tell('message_pinned', { messageId: target.id, pinned }, about);
    // What a block swallowed is pinned for its sender alone, and so nothing is said of it.
    if (pinned && about.onlyFor === undefined)
      await say('message_pinned', userId, undefined, { messageId: target.id });
  });

export const pinMessage = (
  deps: Pick<Deps, 'db' | 'publish'>,
  actor: Actor,
  place: Input<typeof chatRest.pinMessage>,
) => setPinned(deps, actor, place, true);

export const unpinMessage = (
  deps: Pick<Deps, 'db' | 'publish'>,
  actor: Actor,
  place: Input<typeof chatRest.unpinMessage>,
) => setPinned(deps, actor, place, false);
