import { expect, test } from '@jest/globals';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { type Socket, connect } from 'node:net';
import { fileURLToPath } from 'node:url';
import { startPart } from '../src/start-part.ts';

const connectTo = async (url: string) => {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  await once(socket, 'connect');
  return socket;
};
/** Resolves when the connection has ended; an ending part may break it rather than close it. */
const isGone = (socket: Socket) =>
  new Promise((resolve) => socket.on('error', () => {}).once('close', resolve));

test('a part ignores Ctrl-C, which its parent handles, and ends when it is stopped', async () => {
  const part = await startPart('redis', {});
  process.kill(part.pid, 'SIGINT');
  const socket = await connectTo(part.url);
  socket.write('PING\r\n');
  expect(String((await once(socket, 'data'))[0])).toBe('+PONG\r\n');

  const closed = isGone(socket);
  await Promise.all([part.stop(), part.stop(), closed]);

  expect(() => process.kill(part.pid, 0)).toThrow('ESRCH');
});

test('a part ends when its parent is killed', async () => {
  const parent = fork(fileURLToPath(new URL('parent.ts', import.meta.url)), {
    execArgv: [],
  });
  const [{ url }] = (await once(parent, 'message')) as [{ url: string }];
  const socket = await connectTo(url);
  const closed = isGone(socket);

  parent.kill('SIGKILL');

  await closed;
  expect(socket.destroyed).toBe(true);
});

test('a part that cannot start fails with its reason in one line', async () => {
  const first = await startPart('redis', {});
  const port = Number(new URL(first.url).port);

  const second = startPart('redis', { port });

  await expect(second).rejects.toThrow(
    `The embedded redis did not start: listen EADDRINUSE: address already in use 127.0.0.1:${port}`,
  );
  await first.stop();
});
