import { randomUUID } from 'node:crypto';
import { appendFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import type { Connect, OutboxStore } from '@taar/client';
import { createFileStore } from '@taar/client/file-store';
import { atEnd } from '@taar/testing/at-end';
import { io } from 'socket.io-client';
import request from 'supertest';
import { aDevice, settled } from './devices.ts';
import { text } from './messages.ts';
import { startChat } from './start.ts';

const chat = await startChat();
const folder = await mkdtemp(join(tmpdir(), 'taar-outbox-'));
atEnd(() => rm(folder, { recursive: true, force: true }));

/** A disk that fails the first time that something is to be taken from it. */
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

test('what the server refuses is given up though the disk fails meanwhile, and the rest goes on', async () => {
  const { asha, chatId } = await chat.twoFriends();
  const store = failingOnce();
  const device = await aDevice(chat.url, asha, { store });
  await settled(device);

  const refused = device.send({ chatId, replyToId: randomUUID(), content: 'to nothing' });
  const next = device.send({ chatId, content: 'Kemon aso?' });

  await expect(refused).rejects.toMatchObject({ problem: { code: 'validation_failed' } });
  expect(await next).toMatchObject({ content: 'Kemon aso?' });
  expect(await store.load()).toEqual([]);
});

test('what was kept after a write that the disk cut short is kept', async () => {
  const path = join(folder, `${randomUUID()}.jsonl`);
  const store = createFileStore(path);
  await store.load();
  const [one, two] = [text(randomUUID(), 'one'), text(randomUUID(), 'two')];
  await store.add(one);
  // The disk was full, and is no more.
  await appendFile(path, '{"add":{"chatId":"');
  await store.add(two);

  expect(await createFileStore(path).load()).toEqual([one, two]);
});

/** The first of these is answered as where the token of its sender has just ended. */
const refusingOnce = (refusal: unknown): Connect => {
  let refused = false;
  return (url, options) => {
    const socket = io(url, options);
    const ask = socket.emitWithAck.bind(socket);
    socket.emitWithAck = async (event: string, ...args: unknown[]) => {
      if (event !== 'send_message' || refused) return ask(event, ...args);
      refused = true;
      return { ok: false, error: refusal };
    };
    return socket;
  };
};

test('what meets the end of a token is sent with the next one', async () => {
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
  await settled(device);

  expect(await device.send({ chatId, content: 'Kemon aso?' })).toMatchObject({ seq: 1 });
});
