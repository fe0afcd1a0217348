import { once } from 'node:events';
import { type IncomingMessage, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, expect, test } from '@jest/globals';
import { Refused } from '../src/index.ts';
import { createRequest } from '../src/request.ts';

const chatId = '0190d3b4-7c1e-7000-8000-0123456789ab';
const problem = { code: 'chat_not_found', retryable: false };
let status = 200;
const received: { method: unknown; url: unknown; token: unknown; body: string }[] = [];
const answer = async (req: IncomingMessage, res: ServerResponse) => {
  const { method, url, headers } = req;
  received.push({ method, url, token: headers.authorization, body: await text(req) });
  res.writeHead(status).end(status === 204 ? undefined : JSON.stringify(problem));
};
const server = createServer((req, res) => void answer(req, res)).listen(0, '127.0.0.1');
await once(server, 'listening');
afterAll(() => {
  server.close();
  server.closeAllConnections();
});
const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
const request = createRequest({ url, token: async () => 'token' });

test('a request puts the input into the path, and the rest into the query or the body', async () => {
  await request('listMembers', { chatId, limit: 5, cursor: 'a&b' });
  await request('updateChat', { chatId, name: 'Family' });

  expect(received).toEqual([
    {
      method: 'GET',
      url: `/chats/${chatId}/members?limit=5&cursor=a%26b`,
      token: 'Bearer token',
      body: '',
    },
    { method: 'PUT', url: `/chats/${chatId}`, token: 'Bearer token', body: '{"name":"Family"}' },
  ]);
});

test('an answer without a body resolves, and a refusal rejects with the problem of the server', async () => {
  status = 204;
  await expect(request('deleteChat', { chatId })).resolves.toBeUndefined();

  status = 404;
  const refusal = await request('getChat', { chatId }).catch((error: unknown) => error);
  expect(refusal).toBeInstanceOf(Refused);
  expect(refusal).toMatchObject({ problem });
});
