import { randomUUID } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { errors, wireError } from '@taar/contracts';
import request from 'supertest';
import { startChat } from './start.ts';

const chat = await startChat();
const { asha, biren, chatId } = await chat.twoFriends();
const path = `/chats/${chatId}/messages`;

const post = async (body: string | Buffer, headers: Record<string, string> = {}, to = path) =>
  request(chat.url)
    .post(to)
    .auth(await asha.token(), { type: 'bearer' })
    .set({ 'Content-Type': 'application/json', ...headers })
    .send(body);
const get = async (to: string) =>
  request(chat.url)
    .get(to)
    .auth(await asha.token(), { type: 'bearer' });
const message = (fields: object = {}) =>
  JSON.stringify({ clientMessageId: randomUUID(), content: 'hello', ...fields });

/** A refusal of the contract, which says nothing of what was sent or of how we are built. */
const assertProblem = (answer: request.Response, code: keyof typeof errors) => {
  expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/);
  expect(wireError.validate(answer.body).error).toBeUndefined();
  expect(answer.body).toMatchObject({ code, status: errors[code].status });
  expect(answer.status).toBe(errors[code].status);
  expect(answer.text).not.toMatch(/canary|node_modules|at \w+ \(|prisma|SELECT|joi/i);
};
const nothingStored = async () => expect(await chat.admin.message.count()).toBe(0);

describe('a body that cannot be read is refused', () => {
  test.each([
    ['H1 broken', '{"canary":', {}, 'malformed_json'],
    ['H5 as text', message(), { 'Content-Type': 'text/plain' }, 'unsupported_media_type'],
    [
      'H6 in UTF-7',
      message(),
      { 'Content-Type': 'application/json; charset=utf-7' },
      'unsupported_media_type',
    ],
    ['H4 in zstd', message(), { 'Content-Encoding': 'zstd' }, 'unsupported_media_type'],
    ['H7 a list', '[1,2]', {}, 'validation_failed'],
    ['H7 a string', '"canary"', {}, 'malformed_json'],
    ['H2 of 257 KiB', message({ content: 'x'.repeat(257 * 1024) }), {}, 'payload_too_large'],
  ] as const)('%s', async (_what, body, headers, code) => {
    assertProblem(await post(body, headers), code);
    await nothingStored();
  });

  test('H3 a gzip bomb is cut at the limit', async () => {
    const bomb = gzipSync(Buffer.alloc(50_000_000, ' '));
    const sent = request(chat.url)
      .post(path)
      .auth(await asha.token(), { type: 'bearer' })
      .set({ 'Content-Type': 'application/json', 'Content-Encoding': 'gzip' });
    sent.write(bomb);
    assertProblem(await sent, 'payload_too_large');
  });
});

const deep = (levels: number) => `${'['.repeat(levels)}${']'.repeat(levels)}`;

describe('a body that is not what the contract says changes nothing', () => {
  test.each([
    ['H8 a prototype', message().replace('{', '{"__proto__":{"admin":true},')],
    ['H9 a constructor', message({ constructor: { prototype: { admin: true } } })],
    ['H12 a list nested 5,000 deep', message().replace('"hello"', deep(5_000))],
    ['H12 metadata nested 5,000 deep', message().replace('{', `{"metadata":{"a":${deep(5_000)}},`)],
    ['H13 NUL in text', message({ content: 'a\u0000b' })],
    ['H13 NUL in metadata', message({ metadata: { a: '\u0000' } })],
    ['H14 a lone surrogate', message().replace('hello', '\\ud800')],
    ['H15 nothing to see', message({ content: '\u200B\u202E ' })],
    ['H17 8,193 code points', message({ content: '😀'.repeat(8_193) })],
    ['H11 an infinite number', message().replace('"hello"', '1e400')],
    ['H22 an id in capitals', message({ clientMessageId: randomUUID().toUpperCase() })],
    ['H22 an id in braces', message({ clientMessageId: `{${randomUUID()}}` })],
    ['H31 a sender', message({ senderId: biren.userId })],
    ['H31 a position', message({ seq: 7 })],
    ['H30 a URL', message({ mediaUrl: 'http://169.254.169.254/latest/meta-data' })],
    ['H34 a system message', message({ messageType: 'system' })],
    ['H34 an image without media', message({ messageType: 'image' })],
    ['another chat than the path', message({ chatId: randomUUID() })],
    ['an operator object', message({ clientMessageId: { not: '' } })],
    ['a key of the server in metadata', message({ metadata: { event: 'group_created' } })],
    ['metadata nested five deep', message({ metadata: { a: { b: { c: { d: { e: 1 } } } } } })],
    ['metadata of 5 KiB', message({ metadata: { a: 'x'.repeat(5_000) } })],
  ])('%s', async (_what, body) => {
    assertProblem(await post(body), 'validation_failed');
    await nothingStored();
  });

  test('H18 code of all kinds is text and comes back byte for byte', async () => {
    const content = `<script>alert(1)</script>{{7*7}}\${jndi:ldap://x}'; DROP TABLE messages; --`;
    const { body } = await post(message({ content }));
    expect(body.content).toBe(content);
    await chat.admin.message.deleteMany();
  });
});

describe('a query that is not what the contract says is refused', () => {
  test.each([
    'limit=0',
    'limit=-1',
    'limit=101',
    'limit=1e2',
    'limit=%2010',
    'limit=abc',
    'limit=10&limit=10',
    'limit[]=10',
    'beforeSeq=1&afterSeq=1',
    'chatId=x',
    'unknown=1',
  ])('H26 %s', async (query) => {
    assertProblem(await get(`${path}?${query}`), 'validation_failed');
  });

  test.each(['x', Buffer.from('["a","b"]').toString('base64url'), 'A'.repeat(10_000)])(
    'H27 a cursor that is not ours',
    async (cursor) => {
      assertProblem(await get(`/chats?cursor=${cursor}`), 'validation_failed');
    },
  );

  test('a cursor of a list under other filters', async () => {
    const [first] = [await get('/chats?limit=1')];
    const { nextCursor } = first.body as { nextCursor: string | null };
    const own = nextCursor ?? '';
    assertProblem(await get(`/chats?archived=true&cursor=${own}x`), 'validation_failed');
  });

  test.each(['not-a-uuid', '..%2Fx', '1%20OR%201=1', chatId.toUpperCase(), '%00', '%ff'])(
    'H21 H22 the id %s',
    async (id) => {
      const answer = await get(`/chats/${id}/messages`);
      expect([400, 404]).toContain(answer.status);
      expect(answer.headers['content-type']).toMatch(/problem\+json/);
    },
  );

  test('H23 an id of nothing is like a foreign chat', async () => {
    const nothing = await get('/chats/00000000-0000-0000-0000-000000000000/messages');
    const { chatId: foreign } = await chat.twoFriends();
    const theirs = await get(`/chats/${foreign}/messages`);
    assertProblem(nothing, 'chat_not_found');
    expect({ ...nothing.body, instance: '' }).toEqual({ ...theirs.body, instance: '' });
  });
});

describe('the edge', () => {
  test('H95 an unknown route and an unknown method say so', async () => {
    assertProblem(await get('/chats/x/y/z'), 'route_not_found');
    const patched = await request(chat.url).patch('/chats');
    assertProblem(patched, 'method_not_allowed');
    expect(patched.headers['allow']).toBe('GET, POST');
  });

  test('H67 a foreign origin is not reflected', async () => {
    for (const origin of ['https://evil.example', 'null']) {
      const answer = await request(chat.url).get('/chats').set('Origin', origin);
      expect(answer.headers['access-control-allow-origin']).toBeUndefined();
    }
  });

  test('names the request, hides the software, forbids caching', async () => {
    const id = randomUUID();
    const answer = await request(chat.url).get('/chats').set('X-Request-Id', id);
    expect(answer.headers).toMatchObject({ 'x-request-id': id, 'cache-control': 'no-store' });
    expect(answer.headers['x-powered-by']).toBeUndefined();
    expect(answer.body.instance).toBe(`urn:taar:request:${id}`);
    const forged = await request(chat.url).get('/chats').set('X-Request-Id', 'a b');
    expect(forged.headers['x-request-id']).not.toBe('a b');
  });

  test('H61 takes one bearer token in any case, and none from elsewhere', async () => {
    const token = await asha.token();
    const withHeader = (value: string) =>
      request(chat.url).get('/chats').set('Authorization', value);
    expect((await withHeader(`bearer ${token}`)).status).toBe(200);
    expect((await withHeader(`Basic ${token}`)).status).toBe(401);
    expect((await withHeader(`Bearer ${token} ${token}`)).status).toBe(401);
    expect((await request(chat.url).get(`/chats?token=${token}`)).status).toBe(401);
  });

  test('an app that is too old is told to update', async () => {
    const node = await chat.startNode({ MIN_CLIENT_VERSION: '1.4.0' });
    const ask = (version: string) =>
      request(node.url).get('/chats').set('X-Client-Version', version);
    assertProblem(await ask('android/1.3.9'), 'client_too_old');
    expect((await ask('ios/1.10.0')).status).toBe(401);
  });
});
