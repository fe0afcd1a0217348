import { once } from 'node:events';
import { type AddressInfo, type Socket, createServer } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { createLogger } from '../src/logger.ts';
import { createRedis, createSubscriber } from '../src/redis.ts';

const logger = createLogger('kit', 'error');
const timers = () => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;

test.each([
  ['commands', createRedis],
  ['subscriptions', createSubscriber],
])(
  'a connection for %s does not keep the process alive after Redis is gone',
  async (_name, create) => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const connected = once(server, 'connection') as Promise<[Socket]>;
    const before = timers();
    const redis = create(`redis://127.0.0.1:${(server.address() as AddressInfo).port}`, logger);
    const [socket] = await connected;
    await once(socket, 'data');
    server.close();
    socket.destroy();
    await once(redis, 'reconnecting');

    // Within one event loop the shorter timer ends first, even on a busy machine.
    let isLate = false;
    const reference = setTimeout(() => {
      isLate = true;
    }, 1_500);
    redis.disconnect();
    while (timers() > before + 1 && !isLate) await wait(20);

    expect(isLate).toBe(false);
    clearTimeout(reference);
  },
);
