import { randomUUID } from 'node:crypto';
import { chatRest } from '@taar/contracts';
import type { Person } from '@taar/testing/people';
import { type Step, chatOf } from './step.ts';
import type { World } from './world.ts';

/** A member without a checked device, whose account a step may erase. */
export type ErasedMember = { person: Person; isErased: boolean };

const act = async ({ erasedMember, ...world }: World, step: Step) => {
  if (erasedMember.isErased) return;
  const { person } = erasedMember;
  const chatId = chatOf(world, step);
  const content = `erased ${step.nth}`;
  await person.call(chatRest.sendMessage, { chatId, clientMessageId: randomUUID(), content });
  const { status, body } = await person.call(chatRest.listMessages, { chatId });
  const message = status === 200 && body.items.findLast(({ senderId }) => senderId !== null);
  if (message)
    await person.call(chatRest.setReaction, { chatId, messageId: message.id, emoji: '🌊' });
};

/** Stores the job that the service before chat leaves. */
const erase = async ({ erasedMember, admin }: World, { nth }: Step) => {
  if (erasedMember.isErased) return;
  erasedMember.isErased = true;
  await admin.outbox.create({
    data: {
      topic: 'erase_chat',
      key: erasedMember.person.userId,
      payload: { deleteMessages: nth % 2 === 0, report: {} },
    },
  });
};

export const erasedMemberVerbs = { erasedMemberActs: act, eraseMember: erase };
