import { expect, test } from '@jest/globals';
import { chatRest } from '@taar/contracts';
import { startRedisProxy } from '@taar/testing/redis-proxy';
import request from 'supertest';
import { startChat } from './start.ts';
import { until } from './wait.ts';

const chat = await startChat();

const isDegraded = async (url: string) =>
  (await request(url).get('/ready')).body.status === 'degraded';

test('connections to Redis that fall silent without an end are renewed', async () => {
  const proxy = await startRedisProxy(chat.redis.url);
  const { url } = await chat.startNode({ REDIS_URL: proxy.url, BUS_BEAT_MS: '500' });
  proxy.freeze();
  await until('the node is degraded', () => isDegraded(url));

  proxy.thaw();

  await until('the node has Redis again', async () => !(await isDegraded(url)));
  expect(await isDegraded(url)).toBe(false);
});

test('a Redis that stays silent delays the first requests alone', async () => {
  const proxy = await startRedisProxy(chat.redis.url);
  const node = await chat.startNode({ REDIS_URL: proxy.url, BUS_BEAT_MS: '500' });
  const { asha } = await chat.twoFriends();
  const person = chat.at(node.url)({ id: asha.userId });
  const list = async () => (await person.call(chatRest.listChats, {})).status;
  proxy.freeze();
  expect(await list()).toBe(200);
  await until('the node has given its connections up', () => isDegraded(node.url));

  const startedAt = performance.now();
  for (let i = 0; i < 10; i++) expect(await list()).toBe(200);

  // Two commands of each request would wait for a second each: 20 seconds.
  expect(performance.now() - startedAt).toBeLessThan(10_000);
});
