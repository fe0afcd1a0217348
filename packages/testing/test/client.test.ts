import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import { get } from 'node:https';
import type { AddressInfo } from 'node:net';
import { expect, test } from '@jest/globals';
import { authRest, userRest } from '@taar/contracts';
import { atEnd } from '../src/at-end.ts';
import { createCall } from '../src/client.ts';

/** A service that answers everything in the same way. */
const serving = async (answer: RequestListener) => {
  const server = createServer(answer).listen(0, '127.0.0.1');
  await once(server, 'listening');
  atEnd(() => server.close());
  return createCall(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
};

const json =
  (status: number, body: object, type = 'application/json'): RequestListener =>
  (_req, res) => {
    res.writeHead(status, { 'Content-Type': type }).end(JSON.stringify(body));
  };

const problem = (status: number, code: string, title: string) =>
  json(
    status,
    { type: `urn:taar:problem:${code}`, title, status, code, instance: 'x', retryable: false },
    'application/problem+json',
  );

test('an answer of the contract passes', async () => {
  const call = await serving(json(200, { keys: [] }));
  expect(await call(authRest.listKeys, {})).toMatchObject({ status: 200, body: { keys: [] } });
});

test.each([
  ['a field that the contract does not know', json(200, { keys: [], more: 1 })],
  ['a missing field', json(200, {})],
  ['another success', json(201, { keys: [] })],
  ['an error that is no problem', json(500, { error: 'oops' })],
  ['a code that is none of the operation', problem(404, 'chat_not_found', 'No such chat')],
  ['a code under a foreign status', problem(400, 'unauthenticated', 'Authentication is needed')],
])('%s fails the test', async (_what, answer) => {
  const call = await serving(answer);
  await expect(call(authRest.listKeys, {})).rejects.toThrow(/contract|error of this operation/);
});

test('a refusal that the contract allows passes', async () => {
  const call = await serving(problem(401, 'unauthenticated', 'Authentication is needed'));
  expect(await call(userRest.getMe, {})).toMatchObject({ body: { code: 'unauthenticated' } });
});

test('nothing but this machine can be reached', async () => {
  await expect(fetch('http://taar.example/')).rejects.toMatchObject({
    cause: { message: expect.stringContaining('taar.example') },
  });
  expect(() => get('https://192.0.2.1/')).toThrow('Tests have no network: 192.0.2.1');
});
