import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import { get } from 'node:https';
import type { AddressInfo } from 'node:net';
import { expect, test } from '@jest/globals';
import { authRest, userRest } from '@taar/contracts';
import { atEnd } from '../src/at-end.ts';
import { createCall } from '../src/call.ts';

/** Starts a service that gives every request the same answer. */
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

test('an answer that the contract declares passes', async () => {
  const call = await serving(json(200, { keys: [] }));
  expect(await call(authRest.listKeys, {})).toMatchObject({ status: 200, body: { keys: [] } });
});

test.each([
  ['an undeclared field', json(200, { keys: [], more: 1 })],
  ['a missing field', json(200, {})],
  ['an undeclared success', json(201, { keys: [] })],
  ['an error that is no problem document', json(500, { error: 'oops' })],
  ['an error code of another operation', problem(404, 'chat_not_found', 'No such chat')],
  [
    'an error code with the wrong status',
    problem(400, 'unauthenticated', 'Authentication is needed'),
  ],
])('%s fails the test', async (_what, answer) => {
  const call = await serving(answer);
  await expect(call(authRest.listKeys, {})).rejects.toThrow(/contract/);
});

test('an error that the contract declares passes', async () => {
  const call = await serving(problem(401, 'unauthenticated', 'Authentication is needed'));
  expect(await call(userRest.getMe, {})).toMatchObject({ body: { code: 'unauthenticated' } });
});

test('tests can connect to this machine alone', async () => {
  await expect(fetch('http://taar.example/')).rejects.toMatchObject({
    cause: { message: expect.stringContaining('taar.example') },
  });
  expect(() => get('https://192.0.2.1/')).toThrow(
    'Tests have no network: a connection to 192.0.2.1',
  );
});
