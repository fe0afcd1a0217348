import { randomUUID } from 'node:crypto';
import { startPart } from '@taar/embedded/start-part';
import { atEnd } from './at-end.ts';
import { envOf } from './env.ts';

/** The Redis of the test run and a key prefix for this test file. */
export const freshRedis = () => ({
  url: envOf('TEST_REDIS_URL'),
  prefix: `test:${randomUUID().slice(0, 8)}`,
});

/** Starts a Redis for one test that can be killed and started again at the same address. */
export const startOwnRedis = async () => {
  let part = await startPart('redis', {});
  atEnd(() => part.stop());
  const port = Number(new URL(part.url).port);
  return {
    url: part.url,
    kill: async () => {
      process.kill(part.pid, 'SIGKILL');
      await part.stop();
    },
    restart: async () => {
      part = await startPart('redis', { port });
    },
  };
};
