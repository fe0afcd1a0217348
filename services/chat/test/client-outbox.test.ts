import { randomUUID } from 'node:crypto';
import { appendFile, mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import type { Connect, OutboxStore } from '@taar/client';
import { createFileStore } from '@taar/client/file-store';
import { atEnd } from '@taar/testing/at-end';
import { io } from 'socket.io-client';
import request from 'supertest';
import { allMessages } from './chat-views.ts';
import { aDevice, contentsOf, intercepting, untilSynced } from './devices.ts';
import { text } from './messages.ts';
import { startChat } from './start.ts';
import { until } from './wait.ts';

const chat = await startChat(2);
const [first, second] = chat.nodes;
const folder = await mkdtemp(join(tmpdir(), 'taar-outbox-'));
atEnd(() => rm(folder, { recursive: true, force: true }));

/** A connection that breaks after a send, so that the ack is lost. */
const cutAfterSending =
  (times: number): Connect =>
  (url, options) => {
    const socket = io(url, options);
    socket.onAnyOutgoing((event: string) => {
      if (event !== 'send_message' || times-- <= 0) return;
      setImmediate(() => socket.io.engine.close());
    });
    return socket;
  };

test('messages whose ack was lost are sent again and are stored once', async () => {
  const { asha, biren, chatId } = await chat.twoFriends();
  const sender = await aDevice(first!.url, asha, { connect: cutAfterSending(6) });
  const device = await aDevice(second!.url, biren);

  const sent = await Promise.all(
    Array.from({ length: 20 }, (_, i) => sender.send({ chatId, content: String(i) })),
  );

  const expected = Array.from({ length: 20 }, (_, i) => String(i));
  expect(sent.map(({ content }) => content)).toEqual(expected);
  const stored = await allMessages(asha, chatId);
  expect(stored.map(({ content }) => content)).toEqual(expected);
  await until('the other device has them', () => contentsOf(device, chatId).length === 20);
  expect(contentsOf(device, chatId)).toEqual(expected);
  expect(contentsOf(sender, chatId)).toEqual(expected);
});

test('messages written offline survive a restart, in order', async () => {
  const { asha, chatId } = await chat.twoFriends();
  const offline = await aDevice('http://127.0.0.1:9', asha);
  for (const content of ['one', 'two', 'three'])
    offline.send({ chatId, content }).catch(() => undefined);
  await until('the messages are in the outbox', () => offline.unsent() === 3);
  await offline.stop();

  const back = await aDevice(first!.url, asha);
  await untilSynced(back);

  expect(contentsOf(back, chatId)).toEqual(['one', 'two', 'three']);
  expect(await allMessages(asha, chatId)).toHaveLength(3);
});

test('a message that the server rejects is given up, and the next one is sent', async () => {
  const { asha, chatId } = await chat.twoFriends();
  const device = await aDevice(first!.url, asha);

  const refused = device.send({ chatId, content: '' });
  const next = device.send({ chatId, content: 'next' });

  await expect(refused).rejects.toMatchObject({ problem: { code: 'validation_failed' } });
  await expect(next).resolves.toMatchObject({ content: 'next' });
  expect(device.unsent()).toBe(0);
});

/** An outbox file whose first removal fails. */
const failingOnce = (): OutboxStore => {
  const store = createFileStore(join(folder, `${randomUUID()}.jsonl`));
  let failed = false;
  return {
    ...store,
    remove: async (id) => {
      if (failed) return store.remove(id);
      failed = true;
      throw new Error('The disk failed.');
    },
  };
};

test('a rejected message is given up though the disk fails, and the next is sent', async () => {
  const { asha, chatId } = await chat.twoFriends();
  const store = failingOnce();
  const device = await aDevice(chat.url, asha, { store });
  await untilSynced(device);

  const refused = device.send({
    chatId,
    replyToId: randomUUID(),
    content: 'a reply to no message',
  });
  const next = device.send({ chatId, content: 'Kemon aso?' });

  await expect(refused).rejects.toMatchObject({ problem: { code: 'validation_failed' } });
  expect(await next).toMatchObject({ content: 'Kemon aso?' });
  expect(await store.load()).toEqual([]);
});

test('an outbox file survives a write that was cut short', async () => {
  const path = join(folder, `${randomUUID()}.jsonl`);
  const store = createFileStore(path);
  await store.load();
  const [sent, unsent] = [text(randomUUID(), 'one'), text(randomUUID(), 'two')];
  await store.add(sent);
  await store.add(unsent);
  await store.remove(sent.clientMessageId);
  await appendFile(path, '{"add":{"chatId":"');

  expect(await createFileStore(path).load()).toEqual([unsent]);
  expect((await stat(path)).size).toBeLessThan(300);
});

test('messages kept after a write that was cut short are kept', async () => {
  const path = join(folder, `${randomUUID()}.jsonl`);
  const store = createFileStore(path);
  await store.load();
  const [one, two] = [text(randomUUID(), 'one'), text(randomUUID(), 'two')];
  await store.add(one);
  // A write cut short, as by a full disk.
  await appendFile(path, '{"add":{"chatId":"');
  await store.add(two);

  expect(await createFileStore(path).load()).toEqual([one, two]);
});

/** A connection that answers the first send with this error. */
const refusingOnce = (error: unknown): Connect => {
  let isRefused = false;
  return intercepting(async (ask, event) => {
    if (event !== 'send_message' || isRefused) return ask();
    isRefused = true;
    return { ok: false, error };
  });
};

test('a message refused for an expired token is sent again with the next token', async () => {
  const { asha, chatId } = await chat.twoFriends();
  const seconds = Math.floor(Date.now() / 1_000);
  const past = { iat: seconds - 1_100, exp: seconds - 200 };
  const token = chat.keys.signToken(await asha.session(), past);
  const { body } = await request(chat.url)
    .post(`/chats/${chatId}/messages`)
    .auth(token, { type: 'bearer' })
    .send(text(chatId, 'Kemon aso?'));
  expect(body).toMatchObject({ code: 'token_expired' });
  const device = await aDevice(chat.url, asha, { connect: refusingOnce(body) });
  await untilSynced(device);

  expect(await device.send({ chatId, content: 'Kemon aso?' })).toMatchObject({ seq: 1 });
});
