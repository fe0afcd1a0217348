import { randomUUID } from 'node:crypto';
import { appendFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import type { Connect, OutboxStore } from '@taar/client';
import { createFileStore } from '@taar/client/file-store';
import { atEnd } from '@taar/testing/at-end';
import request from 'supertest';
import { aDevice, intercepting, untilSynced } from './devices.ts';
import { text } from './messages.ts';
import { startChat } from './start.ts';

const chat = await startChat();
const folder = await mkdtemp(join(tmpdir(), 'taar-outbox-'));
atEnd(() => rm(folder, { recursive: true, force: true }));

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
