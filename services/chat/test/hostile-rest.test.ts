import { randomUUID } from 'node:crypto';
import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { gzipSync, zstdCompressSync } from 'node:zlib';
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

/** Checks that a refusal is in the contract and repeats neither the input nor internals. */
const assertProblem = (answer: request.Response, code: keyof typeof errors) => {
  expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/);
  expect(wireError.validate(answer.body).error).toBeUndefined();
  expect(answer.body).toMatchObject({ code, status: errors[code].status });
  expect(answer.status).toBe(errors[code].status);
  expect(answer.text).not.toMatch(/canary|node_modules|at \w+ \(|prisma|SELECT|joi/i);
};
const nothingStored = async () => expect(await chat.admin.message.count()).toBe(0);

describe('a body that cannot be parsed', () => {
  test.each([
    ['broken JSON', '{"canary":', {}, 'malformed_json'],
    ['a body of text/plain', message(), { 'Content-Type': 'text/plain' }, 'unsupported_media_type'],
    [
      'a body in UTF-7',
      message(),
      { 'Content-Type': 'application/json; charset=utf-7' },
      'unsupported_media_type',
    ],
    ['a body in compress', message(), { 'Content-Encoding': 'compress' }, 'unsupported_media_type'],
    ['a list', '[1,2]', {}, 'validation_failed'],
    ['a string', '"canary"', {}, 'malformed_json'],
    ['a body of 257 KiB', message({ content: 'x'.repeat(257 * 1024) }), {}, 'payload_too_large'],
  ] as const)('%s is refused', async (_what, body, headers, code) => {
    assertProblem(await post(body, headers), code);
    await nothingStored();
  });

  test.each([
    ['gzip', gzipSync],
    ['zstd', zstdCompressSync],
  ])('a %s bomb is refused at the size limit', async (encoding, compress) => {
    const bomb = compress(Buffer.alloc(50_000_000, ' '));
    const sent = request(chat.url)
      .post(path)
      .auth(await asha.token(), { type: 'bearer' })
      .set({ 'Content-Type': 'application/json', 'Content-Encoding': encoding });
    sent.write(bomb);
    assertProblem(await sent, 'payload_too_large');
  });
});

const deep = (levels: number) => `${'['.repeat(levels)}${']'.repeat(levels)}`;

describe('a body that does not match the contract', () => {
  test.each([
    ['a __proto__ key', message().replace('{', '{"__proto__":{"admin":true},')],
    ['a constructor key', message({ constructor: { prototype: { admin: true } } })],
    ['a list nested 5,000 deep', message().replace('"hello"', deep(5_000))],
    ['metadata nested 5,000 deep', message().replace('{', `{"metadata":{"a":${deep(5_000)}},`)],
    ['NUL in text', message({ content: 'a\u0000b' })],
    ['NUL in metadata', message({ metadata: { a: '\u0000' } })],
    ['a lone surrogate', message().replace('hello', '\\ud800')],
    ['a text without a visible character', message({ content: '\u200B\u202E ' })],
    ['a text of 8,193 code points', message({ content: '😀'.repeat(8_193) })],
    ['an infinite number', message().replace('"hello"', '1e400')],
    ['an id in capitals', message({ clientMessageId: randomUUID().toUpperCase() })],
    ['an id in braces', message({ clientMessageId: `{${randomUUID()}}` })],
    ['a sender', message({ senderId: biren.userId })],
    ['a position', message({ seq: 7 })],
    ['a URL', message({ mediaUrl: 'http://169.254.169.254/latest/meta-data' })],
    ['a system message', message({ messageType: 'system' })],
    ['an image without media', message({ messageType: 'image' })],
    ['a chatId other than in the path', message({ chatId: randomUUID() })],
    ['an operator object', message({ clientMessageId: { not: '' } })],
    [
      'a key in metadata that the server reserves',
      message({ metadata: { event: 'group_created' } }),
    ],
    ['metadata nested five deep', message({ metadata: { a: { b: { c: { d: { e: 1 } } } } } })],
    ['metadata of 5 KiB', message({ metadata: { a: 'x'.repeat(5_000) } })],
  ])('%s is refused, and nothing is stored', async (_what, body) => {
    assertProblem(await post(body), 'validation_failed');
    await nothingStored();
  });

  test('code of any kind is stored as text and comes back byte for byte', async () => {
    const content = `<script>alert(1)</script>{{7*7}}\${jndi:ldap://x}'; DROP TABLE messages; --`;
    const { body } = await post(message({ content }));
    expect(body.content).toBe(content);
    await chat.admin.message.deleteMany();
  });
});

describe('a query that does not match the contract', () => {
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
  ])('the query %s is refused', async (query) => {
    assertProblem(await get(`${path}?${query}`), 'validation_failed');
  });

  test.each(['x', Buffer.from('["a","b"]').toString('base64url'), 'A'.repeat(10_000)])(
    'a cursor that the server did not make is refused',
    async (cursor) => {
      assertProblem(await get(`/chats?cursor=${cursor}`), 'validation_failed');
    },
  );

  test('a cursor of a list with other filters is refused', async () => {
    const [first] = [await get('/chats?limit=1')];
    const { nextCursor } = first.body as { nextCursor: string | null };
    const cursor = nextCursor ?? '';
    assertProblem(await get(`/chats?archived=true&cursor=${cursor}x`), 'validation_failed');
  });

  test.each(['not-a-uuid', '..%2Fx', '1%20OR%201=1', chatId.toUpperCase(), '%00', '%ff'])(
    'the chat id %s is refused as a problem of the contract',
    async (id) => {
      const answer = await get(`/chats/${id}/messages`);
      expect([400, 404]).toContain(answer.status);
      expect(answer.headers['content-type']).toMatch(/problem\+json/);
    },
  );

  test('the nil UUID is answered like a chat of other users', async () => {
    const missing = await get('/chats/00000000-0000-0000-0000-000000000000/messages');
    const { chatId: otherChatId } = await chat.twoFriends();
    const foreign = await get(`/chats/${otherChatId}/messages`);
    assertProblem(missing, 'chat_not_found');
    expect({ ...missing.body, instance: '' }).toEqual({ ...foreign.body, instance: '' });
  });
});

describe('the edge', () => {
  test('an unknown route and an unknown method have an error code each', async () => {
    assertProblem(await get('/chats/x/y/z'), 'route_not_found');
    const patched = await request(chat.url).patch('/chats');
    assertProblem(patched, 'method_not_allowed');
    expect(patched.headers['allow']).toBe('GET, POST');
  });

  test('a foreign origin is not reflected', async () => {
    for (const origin of ['https://evil.example', 'null']) {
      const answer = await request(chat.url).get('/chats').set('Origin', origin);
      expect(answer.headers['access-control-allow-origin']).toBeUndefined();
    }
  });

  test('an answer carries the request id, hides the software and forbids caching', async () => {
    const id = randomUUID();
    const answer = await request(chat.url).get('/chats').set('X-Request-Id', id);
    expect(answer.headers).toMatchObject({ 'x-request-id': id, 'cache-control': 'no-store' });
    expect(answer.headers['x-powered-by']).toBeUndefined();
    expect(answer.body.instance).toBe(`urn:taar:request:${id}`);
    const forged = await request(chat.url).get('/chats').set('X-Request-Id', 'a b');
    expect(forged.headers['x-request-id']).not.toBe('a b');
  });

  test('one bearer token is read from the header, and none from the query', async () => {
    const token = await asha.token();
    const withHeader = (value: string) =>
      request(chat.url).get('/chats').set('Authorization', value);
    expect((await withHeader(`bearer ${token}`)).status).toBe(200);
    expect((await withHeader(`Basic ${token}`)).status).toBe(401);
    expect((await withHeader(`Bearer ${token} ${token}`)).status).toBe(401);
    expect((await request(chat.url).get(`/chats?token=${token}`)).status).toBe(401);
  });

  test('a client that is too old is refused with client_too_old', async () => {
    const node = await chat.startNode({ MIN_CLIENT_VERSION: '1.4.0' });
    const ask = (version: string) =>
      request(node.url).get('/chats').set('X-Client-Version', version);
    assertProblem(await ask('android/1.3.9'), 'client_too_old');
    expect((await ask('ios/1.10.0')).status).toBe(401);
  });
});

describe('the cost of an input that is not valid', () => {
  const chats = (count: number, item: string) =>
    `{"protocol":1,"chats":[${Array.from({ length: count }, () => item).join()}]}`;

  test.each([
    ['65,000 empty items', chats(65_000, '{}')],
    ['128,000 numbers', chats(125_000, '0')],
    ['30,000 unknown fields', `{${Array.from({ length: 25_000 }, (_, i) => `"${i}":0`).join()}}`],
    ['10,000 empty items', chats(10_000, '{}')],
  ])('%s are refused as not valid, at little cost', async (_what, body) => {
    const before = process.cpuUsage();
    const answer = await post(body, {}, '/chats/sync');
    const { user } = process.cpuUsage(before);
    assertProblem(answer, 'validation_failed');
    // Reports of each mistake took 700 ms. The bound leaves room for a busy machine.
    expect(user / 1_000).toBeLessThan(250);
  });

  test('two Authorization headers are refused', async () => {
    const token = await asha.token();
    const answer = await new Promise<number>((resolve, reject) => {
      const sent = httpRequest(`${chat.url}/chats`, {
        headers: ['Host', 'taar', 'Authorization', `Bearer ${token}`, 'Authorization', 'Bearer b'],
      });
      sent.once('response', ({ statusCode }) => resolve(statusCode!)).once('error', reject);
      sent.end();
    });
    expect(answer).toBe(400);
  });

  test('a request that is no HTTP gets a problem document', async () => {
    const { hostname, port } = new URL(chat.url);
    const socket = connect(Number(port), hostname);
    socket.write('canary\r\n\r\n');
    const text = Buffer.concat(await socket.toArray()).toString();
    expect(text).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
    expect(text).toContain('Content-Type: application/problem+json');
    expect(JSON.parse(text.split('\r\n\r\n')[1]!)).toMatchObject({ status: 400 });
  });
});
