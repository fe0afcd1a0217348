import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { Redis } from 'ioredis';
import { startPart, type Part } from '../src/start-part.ts';

let part: Part;
let redis: Redis;
const clients: Redis[] = [];

const connect = () => {
  const client = new Redis(part.url);
  clients.push(client);
  return client;
};

beforeAll(async () => {
  part = await startPart('redis', {});
  redis = connect();
});

afterAll(async () => {
  for (const client of clients) client.disconnect();
  await part.stop();
});

const aKey = () => randomUUID();

test('the server listens on loopback only', () => {
  expect(new URL(part.url).hostname).toBe('127.0.0.1');
});

test('the server stores text and bytes and runs a transaction', async () => {
  const key = aKey();
  const bytes = Buffer.from([0, 255, 13, 10, 0]);
  await redis.set(key, bytes);
  expect(await redis.getBuffer(key)).toEqual(bytes);

  const results = await redis.multi().incr(`${key}:n`).incr(`${key}:n`).exec();
  expect(results).toEqual([
    [null, 1],
    [null, 2],
  ]);
});

test('a key set with NX is set once until it expires', async () => {
  const key = aKey();
  expect(await redis.set(key, '1', 'PX', 60_000, 'NX')).toBe('OK');
  expect(await redis.set(key, '1', 'PX', 60_000, 'NX')).toBeNull();
  expect(await redis.pttl(key)).toBeGreaterThan(0);
  await redis.pexpireat(key, 1);
  expect(await redis.get(key)).toBeNull();
});

test('a sorted set orders members by score and removes ranges of scores', async () => {
  const key = aKey();
  await redis.zadd(key, 1, 'a', 2, 'b', 3, 'c');
  expect(await redis.zrangebyscore(key, 2, '+inf', 'WITHSCORES')).toEqual(['b', '2', 'c', '3']);
  expect(await redis.zremrangebyscore(key, '-inf', 1)).toBe(1);
  expect(await redis.zrange(key, '0', '-1', 'REV')).toEqual(['c', 'b']);
});

test('a Lua script runs by text and by hash, and reports its errors', async () => {
  const key = aKey();
  const count = `local n = redis.call('INCR', KEYS[1])
    if n == 1 then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end
    return { n, redis.call('PTTL', KEYS[1]) > 0 and 'expires' or 'stays' }`;
  expect(await redis.eval(count, 1, key, 60_000)).toEqual([1, 'expires']);
  expect(await redis.eval('return cjson.decode(ARGV[1]).n', 0, '{"n":7}')).toBe(7);

  const sha = String(await redis.script('LOAD', count));
  expect(await redis.evalsha(sha, 1, key, 60_000)).toEqual([2, 'expires']);
  await expect(redis.eval("return redis.call('INCR', KEYS[1], 'x')", 1, key)).rejects.toThrow(
    'wrong number',
  );
  await expect(redis.evalsha('0'.repeat(40), 0)).rejects.toThrow('NOSCRIPT');
});

test('a published message reaches subscribers of its channel and of a pattern', async () => {
  const channel = aKey();
  const subscriber = connect();
  await subscriber.subscribe(channel);
  await subscriber.psubscribe(`${channel}*`);
  const message = once(subscriber, 'messageBuffer');
  const patternMessage = once(subscriber, 'pmessage');

  const bytes = Buffer.from([1, 0, 254]);
  expect(await redis.publish(channel, bytes)).toBe(2);

  expect((await message)[1]).toEqual(bytes);
  expect((await patternMessage).slice(0, 2)).toEqual([`${channel}*`, channel]);
});

test('a client whose connection is killed reconnects with its subscriptions', async () => {
  const channel = aKey();
  const subscriber = connect();
  const id = await subscriber.client('ID');
  await subscriber.subscribe(channel);
  const back = once(subscriber, 'ready');

  await redis.client('KILL', 'ID', id);
  await back;

  const message = once(subscriber, 'message');
  // The event `ready` precedes the repeated subscription.
  while ((await redis.publish(channel, 'again')) === 0);
  expect(await message).toEqual([channel, 'again']);
});
