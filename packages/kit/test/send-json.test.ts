import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { afterAll, expect, test } from '@jest/globals';
import express from 'express';
import { sendJson } from '../src/send-json.ts';

const long = { items: Array.from({ length: 500 }, () => 'Kemon aso?') };
const app = express()
  .get('/long', (_req, res) => sendJson(res, long))
  .get('/short', (_req, res) => sendJson(res, { items: [] }));
const server = app.listen(0, '127.0.0.1');
await once(server, 'listening');
afterAll(() => {
  server.close();
});

const get = async (path: string, encoding?: string) => {
  const { port } = server.address() as AddressInfo;
  const headers = encoding === undefined ? {} : { 'accept-encoding': encoding };
  const [res] = (await once(
    request({ host: '127.0.0.1', port, path, headers, agent: false }).end(),
    'response',
  )) as [IncomingMessage];
  return { headers: res.headers, body: Buffer.concat(await res.toArray()) };
};

test('a long answer is compressed for a client that accepts gzip', async () => {
  const { headers, body } = await get('/long', 'gzip, br');

  expect(headers).toMatchObject({ 'content-encoding': 'gzip', vary: 'Accept-Encoding' });
  expect(body.length).toBeLessThan(500);
  expect(JSON.parse(gunzipSync(body).toString())).toEqual(long);
});

test.each([undefined, 'identity', 'gzip;q=0'])(
  'a long answer is plain for a client that sends Accept-Encoding %s',
  async (encoding) => {
    const { headers, body } = await get('/long', encoding);

    expect(headers['content-encoding']).toBeUndefined();
    expect(headers['content-type']).toBe('application/json; charset=utf-8');
    expect(JSON.parse(body.toString())).toEqual(long);
  },
);

test('a short answer is plain', async () => {
  const { headers } = await get('/short', 'gzip');

  expect(headers['content-encoding']).toBeUndefined();
});
