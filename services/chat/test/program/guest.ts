import { randomUUID } from 'node:crypto';
import { chatRest } from '@taar/contracts';
import type { Person } from '@taar/testing/people';
import { type Step, chatOf } from './step.ts';
import type { World } from './world.ts';

/** Somebody whose devices nobody looks at, until the account is erased. */
export type Guest = { person: Person; gone: boolean };

const act = async ({ guest, ...world }: World, step: Step) => {
  if (guest.gone) return;
  const { person } = guest;
  const chatId = chatOf(world, step);
  const content = `guest ${step.nth}`;
  await person.call(chatRest.sendMessage, { chatId, clientMessageId: randomUUID(), content });
  const { status, body } = await person.call(chatRest.listMessages, { chatId });
  const message = status === 200 && body.items.findLast(({ senderId }) => senderId !== null);
  if (message)
    await person.call(chatRest.setReaction, { chatId, messageId: message.id, emoji: '🌊' });
};

/** As the services that come before chat leave it. */
const erase = async ({ guest, admin }: World, { nth }: Step) => {
  if (guest.gone) return;
  guest.gone = true;
  await admin.outbox.create({
    data: {
      topic: 'erase_chat',
      key: guest.person.userId,
      payload: { deleteMessages: nth % 2 === 0, report: {} },
    },
  });
};

export const guestVerbs = { guestActs: act, eraseGuest: erase };
