import { randomUUID } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { chatRest } from '@taar/contracts';
import { topics } from '@taar/runtime/topics';
import { aDirectChat, aGroup, aUser } from '@taar/testing/factories';
import { until } from './devices.ts';
import { startProcess } from './processes.ts';
import { startPushing } from './push.ts';

const push = await startPushing();
const { admin, fcm, friends, node, register, send, ways } = push;

test('of two nodes that work the same jobs each push is sent by one', async () => {
  await push.startNode(push.settings);
  const [owner, ...members] = await Promise.all(Array.from({ length: 30 }, () => aUser(admin)));
  const { id: chatId } = await aGroup(admin, { owner: owner!, members });
  const tokens = await Promise.all(members.map((member) => register(node.as(member))));

  const { id } = await send(node.as(owner!), chatId);
  await Promise.all(tokens.map((token) => fcm.next(token)));

  const states = (await ways(id)).map(({ state }) => state);
  expect(states).toEqual(members.map(() => 'accepted'));
  expect(tokens.map((token) => fcm.calls(token).length)).toEqual(tokens.map(() => 1));
});

test('the sender’s node dies once the message is stored: it is pushed all the same', async () => {
  const { asha, biren, chatId } = await friends();
  const token = await register(biren);
  const doomed = await startProcess({ ...push.env, DIES: 'untold' }, 'test/dying-node.ts');
  const message = { chatId, clientMessageId: randomUUID(), content: 'last words' };

  const sending = push.at(doomed.url)({ id: asha.userId }).call(chatRest.sendMessage, message);
  await expect(sending).rejects.toThrow();

  expect((await fcm.next(token)).notification?.body).toBe('last words');
});

test('F58 a job of presence that cannot be worked is given up in the end, and holds no other', async () => {
  const [asha, biren] = await Promise.all([aUser(admin), aUser(admin)]);
  await aDirectChat(admin, asha, biren);
  const [poison, sound] = [randomUUID(), asha.id];
  await admin.outbox.createMany({
    data: [
      { topic: topics.hidePresence, key: poison, payload: { otherId: 'nobody' }, attempts: 9 },
      { topic: topics.hidePresence, key: sound, payload: { otherId: biren.id } },
    ],
  });

  const jobOf = (key: string) => admin.outbox.findFirstOrThrow({ where: { key } });
  await until('one is done', async () => (await jobOf(sound)).doneAt !== null);
  await until('the other is given up', async () => (await jobOf(poison)).deadAt !== null);
  expect((await jobOf(poison)).lastError).toContain('uuid');
});
