import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, expect, test } from '@jest/globals';
import { authRest, chatRest, mediaRest, statusRest, userRest } from '@taar/contracts';
import { services } from '@taar/db';
import { atEnd } from '@taar/testing/at-end';
import { createCall } from '@taar/testing/call';
import { freshDatabase } from '@taar/testing/database';
import { envOf } from '@taar/testing/env';
import { freshRedis } from '@taar/testing/redis';
import { createPlainDisplay } from '../src/display.ts';
import { type Stack, startStack } from '../src/start-stack.ts';
import { createTerminal, signUp } from './sign-up.ts';

const dir = await mkdtemp(join(tmpdir(), 'taar-stack-'));
atEnd(() => rm(dir, { recursive: true, force: true }));
const database = await freshDatabase();
const redis = freshRedis();
const terminal = createTerminal();
// Roles belong to the whole server, and other test files sign in with them: keep their passwords.
const passwords = services.map((name) => [
  `DATABASE_PASSWORD_${name.toUpperCase()}`,
  new URL(database.urls[name]).password,
]);

const env = {
  DATABASE_URL: database.adminUrl,
  REDIS_URL: redis.url,
  REDIS_PREFIX: redis.prefix,
  S3_ENDPOINT: envOf('TEST_S3_ENDPOINT'),
  S3_ACCESS_KEY_ID: envOf('TEST_S3_ACCESS_KEY_ID'),
  S3_SECRET_ACCESS_KEY: envOf('TEST_S3_SECRET_ACCESS_KEY'),
  FIREBASE_AUTH_EMULATOR_HOST: envOf('FIREBASE_AUTH_EMULATOR_HOST'),
  FIREBASE_PROJECT: envOf('TEST_FIREBASE_PROJECT'),
  ...(Object.fromEntries(passwords) as Record<string, string>),
};

let stack: Stack;
beforeAll(async () => {
  stack = await startStack({ dir, port: 0, env, display: createPlainDisplay(terminal.print) });
  atEnd(() => stack.stop());
}, 60_000);

const contentOf = ({ message }: { message: { content: string | null } }) => message.content;
const numbers = (count: number) => Array.from({ length: count }, (_, i) => i + 1);

test('two devices sign up and chat across two chat processes, durably and in order', async () => {
  const asha = await signUp(stack.url, terminal, 'Asha');
  const biren = await signUp(stack.url, terminal, 'Biren');
  expect(asha.isNewUser).toBe(true);
  expect((await asha.call(userRest.getMe, {})).body).toMatchObject({ name: 'Asha' });

  // One after the other, so that the gateway connects each to another chat process.
  const ashasPhone = await asha.connect();
  const birensPhone = await biren.connect();
  const created = await asha.call(chatRest.createChat, {
    isGroup: false,
    memberIds: [biren.userId],
  });
  expect(created.status).toBe(201);
  const chatId = created.body.id;

  const messages = numbers(20).map((n) => ({
    chatId,
    clientMessageId: randomUUID(),
    content: `Message ${n}`,
  }));
  const acks = await Promise.all(messages.map((input) => ashasPhone.ask('send_message', input)));
  expect(acks.every((ack) => ack.ok)).toBe(true);
  const live = [];
  for (const _ of messages) live.push(await birensPhone.next('message_received'));
  expect(live.map(contentOf)).toEqual(messages.map(({ content }) => content));
  expect(live.map(({ message }) => message.seq)).toEqual(numbers(20));

  const again = await ashasPhone.ask('send_message', messages[0]!);
  expect(again).toMatchObject({ ok: true, data: { replayed: true, message: { seq: 1 } } });
  const overRest = await asha.call(chatRest.sendMessage, messages[0]!);
  expect(overRest).toMatchObject({ status: 200, body: { seq: 1 } });

  const last = live.at(-1)!.message.seq;
  expect(await birensPhone.ask('message_received', { chatId, upToSeq: last })).toMatchObject({
    ok: true,
  });
  const answered = await biren.call(chatRest.sendMessage, {
    chatId,
    clientMessageId: randomUUID(),
    content: 'From over there',
  });
  expect(contentOf(await ashasPhone.next('message_received'))).toBe('From over there');

  const history = await biren.call(chatRest.listMessages, { chatId, limit: 50 });
  expect(history.body.items).toHaveLength(21);
  expect(history.body.items.at(-1)).toMatchObject({ id: answered.body.id, seq: 21 });
  const chats = await asha.call(chatRest.listChats, {});
  expect(chats.body.items).toMatchObject([
    { id: chatId, lastSeq: 21, peer: { id: biren.userId }, my: { unreadCount: 1 } },
  ]);
});

test('a message in a group reaches its members and no one else', async () => {
  const [asha, biren, chhaya, stranger] = await Promise.all(
    ['Asha', 'Biren', 'Chhaya', 'Dipu'].map((name) => signUp(stack.url, terminal, name)),
  );
  const phones = await Promise.all([biren!, chhaya!, stranger!].map((person) => person.connect()));
  const { body: group } = await asha!.call(chatRest.createChat, {
    isGroup: true,
    name: 'Adda',
    memberIds: [biren!.userId, chhaya!.userId],
    idempotencyKey: randomUUID(),
  });
  const { body: sent } = await asha!.call(chatRest.sendMessage, {
    chatId: group.id,
    clientMessageId: randomUUID(),
    content: 'Sunday at the usual place?',
  });

  for (const phone of phones.slice(0, 2))
    await phone.next('message_received', ({ message }) => message.id === sent.id);
  expect(phones[2]!.seen('message_received')).toEqual([]);
  expect(await stranger!.call(chatRest.listMessages, { chatId: group.id })).toMatchObject({
    status: 404,
    body: { code: 'chat_not_found' },
  });
});

test('every service answers behind the gateway', async () => {
  const asha = await signUp(stack.url, terminal, 'Asha');
  expect((await createCall(stack.url)(authRest.listKeys, {})).status).toBe(200);
  expect((await asha.call(statusRest.listStatus, {})).body).toMatchObject({ items: [] });
  expect(await asha.call(mediaRest.getMedia, { mediaId: randomUUID() })).toMatchObject({
    status: 404,
    body: { code: 'media_not_found' },
  });
});

test('a push to an offline device and a push probe are printed', async () => {
  const asha = await signUp(stack.url, terminal, 'Asha Away');
  const biren = await signUp(stack.url, terminal, 'Biren Away');
  const pushToken = `away-${randomUUID()}`;
  await database.admin.session.updateMany({
    where: { userId: biren.userId },
    data: { pushToken },
  });
  const created = await asha.call(chatRest.createChat, {
    isGroup: false,
    memberIds: [biren.userId],
  });

  await asha.call(chatRest.sendMessage, {
    chatId: created.body.id,
    clientMessageId: randomUUID(),
    content: 'Cha?',
  });

  const to = `Push to ${pushToken.slice(0, 12)}`;
  expect(await terminal.lineWith(`${to}: Asha Away: Cha?`)).toContain('(badge 1)');
  const probe = await biren.call(userRest.probePush, {});
  expect(probe.body.stuckAt).toBe('device_ack');
  await terminal.lineWith(`${to}: Taar: Notifications work.`);
});
