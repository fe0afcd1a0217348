import { randomUUID } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { chatRest } from '@taar/contracts';
import { topics } from '@taar/runtime/topics';
import { aDirectChat, aGroup, aUser } from '@taar/testing/factories';
import { startProcess } from './processes.ts';
import { startChatWithPush } from './push.ts';
import { until } from './wait.ts';

const push = await startChatWithPush();
const { admin, fcm, friends, node, register, send, pushResults } = push;

test('two nodes that process the same jobs send each push once', async () => {
  const second = await push.startNode(push.settings);
  const [owner, ...members] = await Promise.all(Array.from({ length: 30 }, () => aUser(admin)));
  const { id: chatId } = await aGroup(admin, { owner: owner!, members });
  const tokens = await Promise.all(members.map((member) => register(node.as(member))));

  const { id } = await send(node.as(owner!), chatId);
  await Promise.all(tokens.map((token) => fcm.next(token)));

  const states = (await pushResults(id)).map(({ state }) => state);
  expect(states).toEqual(members.map(() => 'accepted'));
  expect(tokens.map((token) => fcm.calls(token).length)).toEqual(tokens.map(() => 1));
  await second.close();
});

test('a message is pushed although its node is killed once it is stored', async () => {
  const { asha, biren, chatId } = await friends();
  const token = await register(biren);
  const killable = await startProcess(
    { ...push.env, KILL_POINT: 'beforePublish' },
    'test/node-killed-mid-send.ts',
  );
  const message = { chatId, clientMessageId: randomUUID(), content: 'last words' };

  const sending = push.at(killable.url)({ id: asha.userId }).call(chatRest.sendMessage, message);
  await expect(sending).rejects.toThrow(/socket hang up|ECONNRESET/);

  expect((await fcm.next(token)).notification?.body).toBe('last words');
});

test('an invalid presence job becomes a dead letter and holds back no other job', async () => {
  const [asha, biren] = await Promise.all([aUser(admin), aUser(admin)]);
  await aDirectChat(admin, asha, biren);
  const [invalid, valid] = [randomUUID(), asha.id];
  await admin.outbox.createMany({
    data: [
      { topic: topics.hidePresence, key: invalid, payload: { otherId: 'nobody' }, attempts: 9 },
      { topic: topics.hidePresence, key: valid, payload: { otherId: biren.id } },
    ],
  });

  const jobOf = (key: string) => admin.outbox.findFirstOrThrow({ where: { key } });
  await until('the valid job is done', async () => (await jobOf(valid)).doneAt !== null);
  await until(
    'the invalid job is a dead letter',
    async () => (await jobOf(invalid)).deadAt !== null,
  );
  expect((await jobOf(invalid)).lastError).toContain('uuid');
});

test('a worker killed after a push causes one more at most, under one collapse id', async () => {
  const { asha, biren, chatId } = await friends();
  const token = await register(biren);
  await node.close();
  const killable = await startProcess({ ...push.env, ...push.settings });
  let calls = 0;
  fcm.answer(token, async () => {
    calls += 1;
    if (calls === 1) await killable.end('SIGKILL');
    return undefined;
  });

  const { id } = await send(push.at(killable.url)({ id: asha.userId }), chatId);
  await fcm.next(token);
  await push.startNode(push.settings);
  // As if the lease of the killed worker had expired.
  await admin.outbox.updateMany({ data: { lockedUntil: null } });

  expect(await pushResults(id)).toMatchObject([{ state: 'accepted' }]);
  const ids = fcm.pushes(token).map(({ android }) => android?.collapse_key);
  expect(ids).toEqual([chatId, chatId]);
});

test('invalid push jobs become dead letters and hold back no other job', async () => {
  const invalid = [
    { topic: 'message.created', payload: { messageId: 'none' } },
    { topic: 'message.created', payload: {} },
    { topic: 'push.android', payload: { kind: 'message', sessionId: randomUUID() } },
    { topic: 'push.android', payload: ['no object'] },
  ];
  const key = randomUUID();
  await admin.outbox.createMany({ data: invalid.map((job) => ({ ...job, key })) });
  const { asha, biren, chatId } = await friends();
  const at = push.at((await push.startNode(push.settings)).url);
  const token = await register(biren);

  await send(at({ id: asha.userId }), chatId);

  await fcm.next(token);
  await until('the invalid jobs are dead letters', async () => {
    const dead = await admin.outbox.findMany({ where: { key, deadAt: { not: null } } });
    return dead.length === invalid.length;
  });
  const dead = await admin.outbox.findMany({ where: { key } });
  expect(dead.map(({ attempts }) => attempts)).toEqual([5, 5, 5, 5]);
  expect(dead.every(({ lastError }) => lastError?.startsWith('The payload'))).toBe(true);
});
