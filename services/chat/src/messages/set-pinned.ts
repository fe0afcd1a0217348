import { sizes } from '@taar/contracts';
import type { Actor } from '@taar/kit/auth';
import { AppError } from '@taar/kit/errors';
import { assertRole } from '../core/access.ts';
import type { ChangeDeps } from '../core/change-chat.ts';
import {
  type MessageChange,
  type MessageKey,
  changeMessage,
  isHiddenByBlock,
} from '../core/change-message.ts';
import { isGone } from '../core/select-messages.ts';
import { touchMessage } from '../core/touch-message.ts';

/** Pins or unpins a message for everyone who sees it. Repeating it changes nothing. */
export const setPinned = (
  deps: ChangeDeps,
  actor: Actor,
  key: MessageKey,
  pinned: boolean,
): Promise<void> =>
  changeMessage(deps, actor, key, async (change) => {
    const { tx, member, target } = change;
    const { userId } = actor;
    if (member.isGroup) assertRole(member, member.settings.whoCanEditInfo);
    if ((await isHiddenByBlock(tx, userId, change)) || target.pinned === pinned) return;
    if (pinned) await assertFewPins(change, userId);
    await touchMessage(change, target, {
      write: () => storePin(change, userId, pinned),
      event: 'message_pinned',
      toPayload: ({ id: messageId }) => ({ messageId, pinned }),
    });
    // The pin of a message that a block swallowed is its sender's alone.
    if (pinned && target.visibleTo === null)
      await change.postSystemMessage('message_pinned', userId, undefined, { messageId: target.id });
  });

const assertFewPins = async ({ tx, chat }: MessageChange, userId: string) => {
  const pins = await tx.$queryRaw<unknown[]>`
    SELECT 1
    FROM message_pins pin
    JOIN messages message ON message.id = pin.message_id
    WHERE pin.chat_id = ${chat.id}::uuid
      AND NOT ${isGone()}
      AND (message.visible_to IS NULL OR message.visible_to = ${userId}::uuid)`;
  if (pins.length >= sizes.pins)
    throw new AppError('conflict', `A chat has at most ${sizes.pins} pinned messages.`);
};

const storePin = async ({ tx, chat, target }: MessageChange, userId: string, pinned: boolean) => {
  const key = { chatId: chat.id, messageId: target.id };
  if (pinned) await tx.messagePin.create({ data: { ...key, pinnedBy: userId, pinnedAt: chat.at } });
  else await tx.messagePin.delete({ where: { chatId_messageId: key } });
};
