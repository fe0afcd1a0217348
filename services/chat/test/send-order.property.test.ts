import { randomUUID } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { type SendMessage, chatRest } from '@taar/contracts';
import { aDirectChat, aGroup, aMedia, aUser } from '@taar/testing/factories';
import type { Person } from '@taar/testing/people';
import { array, assert, asyncProperty, boolean, constantFrom, record } from 'fast-check';
import { allMessages } from './chat-views.ts';
import { aDevice, untilSynced } from './devices.ts';
import { messageWith, sendText } from './messages.ts';
import { startChat } from './start.ts';

const chat = await startChat(1);
const [node] = chat.nodes;
/** A node whose rate limiter answers after random times. */
const slowLimitNode = await chat.startNode({}, { spendLimit: () => setTimeout(Math.random() * 8) });
const runs = Number(process.env['PROPERTY_RUNS'] ?? 25);

const kinds = [
  'plain',
  'plain',
  'plain',
  'reply',
  'forward',
  'media',
  'replay',
  'invalid',
] as const;
type Kind = (typeof kinds)[number];
const program = array(record({ kind: constantFrom(...kinds), inGroup: boolean() }), {
  minLength: 2,
  maxLength: 40,
  size: 'max',
});

/** A sender with a direct chat, a group, media, and a message in each chat to refer to. */
const aSender = async (node: { as: (user: { id: string }) => Person }) => {
  const [user, friend] = await Promise.all([aUser(chat.admin), aUser(chat.admin)]);
  const [direct, group, media] = await Promise.all([
    aDirectChat(chat.admin, user, friend),
    aGroup(chat.admin, { owner: user, members: [friend] }),
    aMedia(chat.admin, user),
  ]);
  const person = node.as(user);
  const references = {
    [direct.id]: await sendText(person, direct.id, 'first'),
    [group.id]: await sendText(person, group.id, 'first'),
  };

  const compose = (kind: Kind, chatId: string): SendMessage => {
    const messageId = references[chatId]!.id;
    if (kind === 'reply') return messageWith(chatId, { content: 'yes', replyToId: messageId });
    if (kind === 'forward') return messageWith(chatId, { forwardOf: { messageId } });
    if (kind === 'media') return messageWith(chatId, { messageType: 'image', mediaId: media.id });
    if (kind === 'invalid')
      return messageWith(chatId, { content: 'a reply to no message', replyToId: randomUUID() });
    return messageWith(chatId, { content: 'plain' });
  };
  return { person, friend, directId: direct.id, groupId: group.id, compose };
};
type Sender = Awaited<ReturnType<typeof aSender>>;

const composeAll = (
  { compose, directId, groupId }: Sender,
  steps: { kind: Kind; inGroup: boolean }[],
): SendMessage[] => {
  const all: SendMessage[] = [];
  for (const { kind, inGroup } of steps) {
    const earlier = kind === 'replay' ? all.at(-1) : undefined;
    all.push(earlier ?? compose(kind, inGroup ? groupId : directId));
  }
  return all;
};

/** Changes the members of the group after each ack, so that sends meet a newer membership. */
const changeMembership = async (
  { person, friend, groupId: chatId }: Sender,
  acks: EventEmitter,
  sending: Promise<unknown>,
) => {
  let isOver = false;
  const over = sending.finally(() => (isOver = true));
  for (let isMember = true; !isOver; isMember = !isMember) {
    if (isMember) await person.call(chatRest.removeMember, { chatId, userId: friend.id });
    else await person.call(chatRest.addMembers, { chatId, userIds: [friend.id] });
    await Promise.race([once(acks, 'ack'), over]);
  }
};

const assertInOrder = async ({ person, directId, groupId }: Sender, sent: SendMessage[]) => {
  for (const chatId of [directId, groupId]) {
    const stored = (await allMessages(person, chatId))
      .filter(({ messageType, content }) => messageType !== 'system' && content !== 'first')
      .map(({ clientMessageId }) => clientMessageId!);
    const accepted = new Set(stored);
    const expected = sent
      .filter((message) => message.chatId === chatId && accepted.has(message.clientMessageId))
      .map(({ clientMessageId }) => clientMessageId);
    expect(stored.filter((id) => expected.includes(id))).toEqual([...new Set(expected)]);
  }
};

test.each([
  ['with immediate rate limits', () => node!],
  ['with slow rate limits', () => slowLimitNode],
])(
  'messages that a socket sends without waiting are stored in that order, %s',
  async (_limits, nodeOf) => {
    await assert(
      asyncProperty(program, async (steps) => {
        const sender = await aSender(nodeOf());
        const sent = composeAll(sender, steps);
        const phone = await sender.person.connect();

        const acknowledged = new EventEmitter();
        const sending = Promise.all(
          sent.map(async (message) => {
            const ack = await phone.ask('send_message', message);
            acknowledged.emit('ack');
            return ack;
          }),
        );
        const [acks] = await Promise.all([
          sending,
          changeMembership(sender, acknowledged, sending),
        ]);

        const refusals = acks.flatMap((ack, i) =>
          ack.ok || sent[i]!.content === 'a reply to no message' ? [] : [ack.error],
        );
        expect(refusals).toEqual([]);
        await assertInOrder(sender, sent);
        const seqs = acks.flatMap((ack) =>
          ack.ok && !ack.data.replayed ? [ack.data.message] : [],
        );
        for (const chatId of [sender.directId, sender.groupId]) {
          const mine = seqs.filter((message) => message.chatId === chatId).map(({ seq }) => seq);
          expect(mine).toEqual(mine.toSorted((a, b) => a - b));
        }
        phone.close();
      }),
      { numRuns: runs },
    );
  },
  240_000,
);

test('messages that a device sends without waiting are stored in that order', async () => {
  await assert(
    asyncProperty(program, async (steps) => {
      const sender = await aSender(node!);
      const sent = composeAll(sender, steps);
      const device = await aDevice(node!.url, sender.person);

      await Promise.allSettled(sent.map((message) => device.send(message)));

      await untilSynced(device);
      await assertInOrder(sender, sent);
      await device.stop();
    }),
    { numRuns: Math.ceil(runs / 3) },
  );
}, 240_000);
