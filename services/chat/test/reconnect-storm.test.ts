import { expect, test } from '@jest/globals';
import { type Connect, createClient } from '@taar/client';
import { type WireError, chatRest } from '@taar/contracts';
import { atEnd } from '@taar/testing/at-end';
import { startBalancer } from '@taar/testing/balancer';
import { aUser } from '@taar/testing/factories';
import { io } from 'socket.io-client';
import { startChat } from './start.ts';
import { until } from './wait.ts';

const { admin, at, env, keys, startNode } = await startChat();

/** Production limits, and few requests per address, which all clients here share. */
const narrow = { RATE_LIMIT_FACTOR: '1', REQUESTS_PER_MINUTE_PER_ADDRESS: '50' };
const clientCount = 100;

const people = (url: string) =>
  Promise.all(Array.from({ length: clientCount }, async () => at(url)(await aUser(admin))));
type Person = Awaited<ReturnType<typeof people>>[number];

/** The reference client with an empty outbox. */
const aClient = async (
  url: string,
  person: Person,
  token: (renew: boolean) => Promise<string>,
  connect: Connect = io,
) => {
  const { deviceId } = await person.session();
  const store = { load: async () => [], add: async () => {}, remove: async () => {} };
  const client = createClient({ url, deviceId, token, store, connect, reconnectMs: 50 });
  atEnd(client.stop);
  client.start();
  return client;
};
const untilAllReady = (clients: Awaited<ReturnType<typeof aClient>>[]) =>
  until('every client is connected', () => clients.every((client) => client.isReady()));

test('a hundred clients with expired tokens renew them once each and connect', async () => {
  const { url } = await startNode({ ...narrow, REDIS_PREFIX: `${env.REDIS_PREFIX}:expired` });
  const refusals: (string | undefined)[] = [];
  const connect: Connect = (...args) => {
    const socket = io(...args);
    socket.on('connect_error', (error: Error & { data?: WireError }) => {
      refusals.push(error.data?.code);
    });
    return socket;
  };
  const renewals: number[] = [];
  const secondsAgo = (seconds: number) => Math.floor(Date.now() / 1_000) - seconds;

  const clients = await Promise.all(
    (await people(url)).map(async (person, i) => {
      const past = { iat: secondsAgo(1_100), exp: secondsAgo(200) };
      const expired = keys.signToken(await person.session(), past);
      const token = async (renew: boolean) => {
        if (renew) renewals[i] = (renewals[i] ?? 0) + 1;
        return renewals[i] ? person.token() : expired;
      };
      return aClient(url, person, token, connect);
    }),
  );
  await untilAllReady(clients);

  expect(refusals).toEqual(Array(clientCount).fill('token_expired'));
  expect(renewals).toEqual(Array(clientCount).fill(1));
});

test('a hundred clients behind one address move to another node and are served', async () => {
  const balancer = await startBalancer();
  const own = { ...narrow, REDIS_PREFIX: `${env.REDIS_PREFIX}:moved` };
  const [first, second] = await Promise.all([startNode(own), startNode(own)]);
  balancer.spreadOver(first.url);
  const phones = await people(balancer.url);
  let lost = 0;
  const connect: Connect = (...args) => {
    const socket = io(...args);
    socket.on('disconnect', () => (lost += 1));
    return socket;
  };
  const clients = await Promise.all(
    phones.map((person) => aClient(balancer.url, person, person.token, connect)),
  );
  await untilAllReady(clients);

  balancer.spreadOver(second.url);
  balancer.reset();
  await until('every client has lost its connection', () => lost >= clientCount);
  await untilAllReady(clients);

  const statuses: number[] = [];
  for (let i = 0; i < clientCount; i += 15) {
    const answers = phones.slice(i, i + 15).map((person) => person.call(chatRest.listChats, {}));
    statuses.push(...(await Promise.all(answers)).map(({ status }) => status));
  }
  expect(statuses).toEqual(Array(clientCount).fill(200));
});
