import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, expect, test } from '@jest/globals';
import { createFindKey } from '../src/jwks.ts';
import { createLogger } from '../src/logger.ts';

const logger = createLogger('test', 'silent');
const aKey = (kid: string) => {
  const jwk = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({
    format: 'jwk',
  });
  return { ...jwk, kid, use: 'sig', alg: 'ES256' };
};

let keys = [aKey('first')];
let isAway = false;
let fetches = 0;
const server = createServer((_req, res) => {
  fetches += 1;
  if (isAway) res.writeHead(503).end();
  else res.end(JSON.stringify({ keys }));
}).listen(0, '127.0.0.1');
await once(server, 'listening');
afterAll(() => {
  server.close();
  server.closeAllConnections();
});
const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;

test('a client is not signed out while the key set was never fetched', async () => {
  const findKey = createFindKey(url, logger);
  isAway = true;

  await expect(findKey('first')).rejects.toMatchObject({ code: 'dependency_unavailable' });

  isAway = false;
  expect(await findKey('first')).toBeDefined();
});

test('while the auth service is away, known keys stay valid and unknown ones may be tried again', async () => {
  const findKey = createFindKey(url, logger, 0);
  await findKey('first');
  isAway = true;

  await expect(findKey('second')).rejects.toMatchObject({ code: 'dependency_unavailable' });
  expect(await findKey('first')).toBeDefined();

  isAway = false;
  keys = [...keys, aKey('second')];
  expect(await findKey('second')).toBeDefined();
});

test('forged key ids cause no fetch within the cooldown', async () => {
  const findKey = createFindKey(url, logger);
  await findKey('first');
  fetches = 0;

  const found = await Promise.all(Array.from({ length: 20 }, (_, i) => findKey(`forged ${i}`)));

  expect(new Set(found)).toEqual(new Set([undefined]));
  expect(fetches).toBe(0);
});

test('a withdrawn key becomes unknown, even when no token names a new one', async () => {
  const findKey = createFindKey(url, logger, 60_000, 0);
  await findKey('first');
  keys = keys.filter(({ kid }) => kid !== 'first');

  await findKey('first');
  // It is too soon for another fetch, so this look-up waits for the one under way.
  await findKey('forged');

  expect(await findKey('first')).toBeUndefined();
});
