import { randomUUID } from 'node:crypto';
import { messagesOf } from '@taar/client';
import { type SendMessage, chatRest } from '@taar/contracts';
import { aMedia } from '@taar/testing/factories';
import type { Person } from '@taar/testing/people';
import { pause } from '../wait.ts';
import { type Step, chatOf, deviceOf, isConnectionError } from './step.ts';
import type { World } from './world.ts';

type Body = Omit<SendMessage, 'clientMessageId' | 'chatId'>;

/** Sends by the device's outbox, without waiting for the ack. */
const send = (world: World, step: Step, body: Body) => {
  const device = deviceOf(world, step);
  if (!device.client) return;
  const message = { ...body, chatId: chatOf(world, step), clientMessageId: randomUUID() };
  device.sent.push(message);
  device.client.send(message).catch(() => device.refused.add(message.clientMessageId));
};

/** Sends over REST, and retries until the server answers, as an app does. */
const sendOverRest = async (world: World, step: Step) => {
  const { person } = deviceOf(world, step);
  const message = {
    chatId: chatOf(world, step),
    clientMessageId: randomUUID(),
    content: `REST ${step.nth}`,
  };
  for (;;) {
    const answer = await person.call(chatRest.sendMessage, message).catch((error: unknown) => {
      if (!isConnectionError(error)) throw error;
      return { status: 503 };
    });
    if (answer.status < 300) world.sentOverRest.push({ ...message, senderId: person.userId });
    if (answer.status < 500) return;
    await pause(50);
  }
};

type MessagePath = { chatId: string; messageId: string };

/** A message that the device shows, counted from the newest one to which the verb applies. */
const messageFor = (world: World, step: Step) => {
  const { database, person } = deviceOf(world, step);
  const messages = messagesOf(database, chatOf(world, step)).filter(
    ({ senderId, deletedAt }) =>
      senderId !== null &&
      deletedAt === null &&
      (step.verb !== 'edit' || senderId === person.userId),
  );
  return messages.at(-1 - (step.back % Math.max(1, messages.length)));
};
type Shown = NonNullable<ReturnType<typeof messageFor>>;

const onMessage =
  (act: (person: Person, place: MessagePath, message: Shown, nth: number) => Promise<unknown>) =>
  async (world: World, step: Step) => {
    const message = messageFor(world, step);
    const place = { chatId: chatOf(world, step), messageId: message?.id ?? '' };
    if (message) await act(deviceOf(world, step).person, place, message, step.nth);
  };

export const messageVerbs = {
  send: (world: World, step: Step) => send(world, step, { content: `message ${step.nth}` }),
  reply: (world: World, step: Step) => {
    const message = messageFor(world, step);
    if (message) send(world, step, { content: `reply ${step.nth}`, replyToId: message.id });
  },
  /** From one chat into another. */
  forward: (world: World, step: Step) => {
    const message = messageFor(world, { ...step, chat: step.chat + 1 });
    if (message) send(world, step, { forwardOf: { messageId: message.id } });
  },
  mention: (world: World, step: Step) =>
    send(world, step, {
      content: `you ${step.nth}`,
      mentions: [world.devices[step.other]!.person.userId],
    }),
  sendPicture: async (world: World, step: Step) => {
    const { id } = await aMedia(world.admin, { id: deviceOf(world, step).person.userId });
    send(world, step, { messageType: 'image', mediaId: id });
  },
  sendOverRest,
  edit: onMessage((person, place, _message, nth) =>
    person.call(chatRest.editMessage, { ...place, content: `edited ${nth}` }),
  ),
  /** Mentions a user, or drops all mentions. */
  editMentions: (world: World, step: Step) => {
    const mentions = step.nth % 3 === 0 ? [] : [world.devices[step.other]!.person.userId];
    return onMessage((person, place) =>
      person.call(chatRest.editMessage, { ...place, content: `you ${step.nth}`, mentions }),
    )(world, { ...step, verb: 'edit' });
  },
  deleteForMe: onMessage((person, place) => person.call(chatRest.deleteMessage, place)),
  deleteForAll: onMessage((person, place) =>
    person.call(chatRest.deleteMessage, { ...place, scope: 'everyone' }),
  ),
  react: onMessage((person, place, { my }, nth) => {
    const emoji = ['👍', '❤️'][nth % 2]!;
    return my.reaction === emoji
      ? person.call(chatRest.removeReaction, place)
      : person.call(chatRest.setReaction, { ...place, emoji });
  }),
  star: onMessage((person, place, { my }) =>
    person.call(my.starred ? chatRest.unstarMessage : chatRest.starMessage, place),
  ),
  pin: onMessage((person, place, { pinned }) =>
    person.call(pinned ? chatRest.unpinMessage : chatRest.pinMessage, place),
  ),
  read: (world: World, step: Step) =>
    deviceOf(world, step).person.call(chatRest.markRead, {
      chatId: chatOf(world, step),
      upToSeq: step.nth,
    }),
  readTo: onMessage(async (person, { chatId, messageId }) =>
    person.call(chatRest.markRead, { chatId, messageId }),
  ),
  /** Sends an accepted message again, as a client does that lost the answer. */
  sendAgain: async ({ sentOverRest, devices }: World, { nth }: Step) => {
    const sent = sentOverRest.at(-1 - (nth % Math.max(1, sentOverRest.length)));
    if (!sent) return;
    const { senderId, ...message } = sent;
    const device = devices.find(({ person }) => person.userId === senderId);
    await device?.person.call(chatRest.sendMessage, message);
  },
};
