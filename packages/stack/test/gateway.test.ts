import { EventEmitter, once } from 'node:events';
import { createServer, request, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import type { AddressInfo } from 'node:net';
import { expect, test } from '@jest/globals';
import { services, type Service } from '@taar/db';
import { atEnd } from '@taar/testing/at-end';
import { startGateway } from '../src/start-gateway.ts';
import { createMatch, routes } from '../src/routes.ts';

const disconnects = new EventEmitter();

/** Starts a server that answers with its name and the request it received. */
const backend = async (name: string) => {
  const server = createServer((req, res) => {
    res.setHeader('X-Backend', name);
    if (req.url?.includes('stream')) {
      res.write('first');
      res.once('close', () => disconnects.emit('disconnect'));
      return;
    }
    const { method, url, headers } = req;
    const chunks: Buffer[] = [];
    req.on('data', (chunk: Buffer) => chunks.push(chunk));
    req.on('end', () => {
      const body = Buffer.concat(chunks).toString();
      res.end(JSON.stringify({ name, method, url, body, for: headers['x-forwarded-for'] }));
    });
  });
  server.on('upgrade', (req, socket, head) => {
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nUpgrade: echo\r\nConnection: Upgrade\r\n\r\n`,
    );
    socket.write(`${name} ${String(req.headers['x-forwarded-for'])} `);
    socket.write(head);
    socket.pipe(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  atEnd(() => {
    server.closeAllConnections();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port };
};

const singles = services.filter((service) => service !== 'chat');
const targets = new Map<Service, { port: number }[]>([
  ['chat', [await backend('chat-1'), await backend('chat-2')]],
  ...(await Promise.all(
    singles.map(async (name) => [name, [await backend(name)]] as [Service, { port: number }[]]),
  )),
]);
const gateway = await startGateway(0, (service) => targets.get(service) ?? []);
atEnd(gateway.close);
const base = `http://127.0.0.1:${gateway.port}`;

const matches = createMatch(routes);

test.each([
  ['/auth', 'auth'],
  ['/auth/.well-known/jwks.json', 'auth'],
  ['/chats', 'chat'],
  ['/chats/', 'chat'],
  ['/chats/a/b', 'chat'],
  ['/socket.io/', 'chat'],
  ['/users/me', 'user'],
  ['/media/upload', 'media'],
  ['/status', 'status'],
  ['/statuses', undefined],
  ['/Auth/x', undefined],
  ['/chat', undefined],
  ['/socketXio/', undefined],
  ['/', undefined],
  ['/x/auth', undefined],
])('the path %s is routed to %s', (path, service) => {
  expect(matches(path)).toBe(service);
});

test('the lowest priority number wins; * matches any characters and ? matches one', () => {
  const match = createMatch({
    chat: { priority: 2, paths: ['/*'] },
    auth: { priority: 1, paths: ['/a?c', '/x*z.'] },
  });
  expect(['/abc', '/ac', '/x/y/z.', '/xyzq'].map(match)).toEqual(['auth', 'chat', 'auth', 'chat']);
});

test('the query is forwarded and plays no part in routing', async () => {
  const answer = await fetch(`${base}/users/me?path=/auth`);
  expect(await answer.json()).toMatchObject({ name: 'user', url: '/users/me?path=/auth' });
});

test('a request is forwarded whole, with the address of its client', async () => {
  const answer = await fetch(`${base}/auth/login`, {
    method: 'POST',
    body: 'a body',
    headers: { 'X-Forwarded-For': '203.0.113.9' },
  });
  expect(await answer.json()).toEqual({
    name: 'auth',
    method: 'POST',
    url: '/auth/login',
    body: 'a body',
    for: '203.0.113.9, 127.0.0.1',
  });
});

test('a path that no service owns is answered with a problem', async () => {
  const answer = await fetch(`${base}/nothing`);
  expect(answer.status).toBe(404);
  expect(answer.headers.get('content-type')).toBe('application/problem+json');
  expect(await answer.json()).toMatchObject({ code: 'route_not_found' });
});

test('an answer is streamed, and a disconnect of the client reaches the service', async () => {
  const client = request(`${base}/media/stream`).end();
  const [answer] = (await once(client, 'response')) as [IncomingMessage];
  expect(String((await once(answer, 'data'))[0])).toBe('first');
  const disconnected = once(disconnects, 'disconnect');
  client.destroy();
  await disconnected;
});

test('both chat processes receive requests in turn', async () => {
  const names = await Promise.all(
    [1, 2, 3, 4].map(async () => String((await fetch(`${base}/chats`)).headers.get('x-backend'))),
  );
  expect(names.toSorted()).toEqual(['chat-1', 'chat-1', 'chat-2', 'chat-2']);
});

test('a service without processes is answered with a retryable problem', async () => {
  const [before] = [targets.get('status')!];
  targets.set('status', []);
  const answer = await fetch(`${base}/status`);
  targets.set('status', before);
  expect(answer.status).toBe(503);
  expect(await answer.json()).toMatchObject({ code: 'dependency_unavailable', retryable: true });
});

const upgrade = async (path: string) => {
  const socket = connect(gateway.port, '127.0.0.1');
  atEnd(() => socket.destroy());
  socket.write(
    `GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: echo\r\nX-Forwarded-For: 203.0.113.9\r\n\r\n`,
  );
  socket.write('ping');
  let received = '';
  for await (const chunk of socket) {
    received += String(chunk);
    if (received.includes('ping') || received.includes('}')) break;
  }
  return received;
};

test('a WebSocket is connected with its service in both directions', async () => {
  const received = await upgrade('/socket.io/?EIO=4');
  expect(received).toMatch(/^HTTP\/1.1 101 /);
  expect(received).toMatch(/chat-[12] 203\.0\.113\.9, 127\.0\.0\.1 ping$/);
});

test('a WebSocket to an unknown path is rejected', async () => {
  const received = await upgrade('/nowhere');
  expect(received).toMatch(/^HTTP\/1.1 404 /);
  expect(received).toContain('route_not_found');
});

test('the page is served with a policy that blocks foreign content', async () => {
  const page = await fetch(base);
  expect(await page.text()).toContain('<title>Taar</title>');
  expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
  for (const path of ['/page.css', '/page.js', '/api.js', '/socket.io-client.js']) {
    const part = await fetch(base + path);
    expect(part.status).toBe(200);
    expect(await part.text()).not.toBe('');
  }
});
