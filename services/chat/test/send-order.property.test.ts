import { randomUUID } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { type SendMessage, chatRest } from '@taar/contracts';
import { aDirectChat, aGroup, aMedia, aUser } from '@taar/testing/factories';
import type { Person } from '@taar/testing/people';
import { array, assert, asyncProperty, boolean, constantFrom, record } from 'fast-check';
import { aDevice, allMessages, settled } from './devices.ts';
import { body, say } from './messages.ts';
import { startChat } from './start.ts';

const chat = await startChat(1);
const [quick] = chat.nodes;
/** Answers of the limiter that come when they please. */
const unsteady = await chat.startNode({}, { spendLimit: () => setTimeout(Math.random() * 8) });
const runs = Number(process.env['PROPERTY_RUNS'] ?? 25);

const kinds = ['plain', 'plain', 'plain', 'reply', 'forward', 'media', 'again', 'nothing'] as const;
type Kind = (typeof kinds)[number];
const program = array(record({ kind: constantFrom(...kinds), inGroup: boolean() }), {
  minLength: 2,
  maxLength: 40,
  size: 'max',
});

/** Somebody with a group, a friend, a media of theirs and something to answer. */
const aWorld = async (node: { as: (user: { id: string }) => Person }) => {
  const [user, friend] = await Promise.all([aUser(chat.admin), aUser(chat.admin)]);
  const [direct, group, media] = await Promise.all([
    aDirectChat(chat.admin, user, friend),
    aGroup(chat.admin, { owner: user, members: [friend] }),
    aMedia(chat.admin, user),
  ]);
  const me = node.as(user);
  const said = {
    [direct.id]: await say(me, direct.id, 'first'),
    [group.id]: await say(me, group.id, 'first'),
  };

  const compose = (kind: Kind, chatId: string): SendMessage => {
    const messageId = said[chatId]!.id;
    if (kind === 'reply') return body(chatId, { content: 'yes', replyToId: messageId });
    if (kind === 'forward') return body(chatId, { forwardOf: { messageId } });
    if (kind === 'media') return body(chatId, { messageType: 'image', mediaId: media.id });
    if (kind === 'nothing') return body(chatId, { content: 'to nobody', replyToId: randomUUID() });
    return body(chatId, { content: 'plain' });
  };
  return { me, friend, directId: direct.id, groupId: group.id, compose };
};
type World = Awaited<ReturnType<typeof aWorld>>;

const composeAll = (
  { compose, directId, groupId }: World,
  steps: { kind: Kind; inGroup: boolean }[],
): SendMessage[] => {
  const all: SendMessage[] = [];
  for (const { kind, inGroup } of steps) {
    const earlier = kind === 'again' ? all.at(-1) : undefined;
    all.push(earlier ?? compose(kind, inGroup ? groupId : directId));
  }
  return all;
};

/** People come and go, so that sends are checked against a membership that is no more. */
const comeAndGo = async ({ me, friend, groupId: chatId }: World, until: Promise<unknown>) => {
  let over = false;
  void until.finally(() => (over = true));
  while (!over) {
    await me.call(chatRest.removeMember, { chatId, userId: friend.id });
    await me.call(chatRest.addMembers, { chatId, userIds: [friend.id] });
  }
};

const assertInOrder = async ({ me, directId, groupId }: World, sent: SendMessage[]) => {
  for (const chatId of [directId, groupId]) {
    const stored = (await allMessages(me, chatId))
      .filter(({ messageType, content }) => messageType !== 'system' && content !== 'first')
      .map(({ clientMessageId }) => clientMessageId!);
    const taken = new Set(stored);
    const expected = sent
      .filter((message) => message.chatId === chatId && taken.has(message.clientMessageId))
      .map(({ clientMessageId }) => clientMessageId);
    expect(stored.filter((id) => expected.includes(id))).toEqual([...new Set(expected)]);
  }
};

test.each([
  ['at once', () => quick!],
  ['though the limits of some are answered later', () => unsteady],
])(
  'what one socket sends without waiting is stored in that order, %s',
  async (_how, node) => {
    await assert(
      asyncProperty(program, async (steps) => {
        const world = await aWorld(node());
        const sent = composeAll(world, steps);
        const phone = await world.me.connect();

        const asked = Promise.all(sent.map((message) => phone.ask('send_message', message)));
        const [acks] = await Promise.all([asked, comeAndGo(world, asked)]);

        const refused = sent.filter((_, i) => !acks[i]!.ok);
        expect(refused.every(({ content }) => content === 'to nobody')).toBe(true);
        await assertInOrder(world, sent);
        const seqs = acks.flatMap((ack) =>
          ack.ok && !ack.data.replayed ? [ack.data.message] : [],
        );
        for (const chatId of [world.directId, world.groupId]) {
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

test('what a device sends without waiting is stored in that order', async () => {
  await assert(
    asyncProperty(program, async (steps) => {
      const world = await aWorld(quick!);
      const sent = composeAll(world, steps);
      const device = await aDevice(quick!.url, world.me);

      await Promise.allSettled(sent.map((message) => device.send(message)));

      await settled(device);
      await assertInOrder(world, sent);
      await device.stop();
    }),
    { numRuns: Math.ceil(runs / 3) },
  );
}, 240_000);
