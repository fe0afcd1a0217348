import { randomUUID } from 'node:crypto';
import { envOf } from './env.ts';

/** The one Redis of the test run, and a key prefix that keeps a test file to itself. */
export const freshRedis = () => ({
  url: envOf('TEST_REDIS_URL'),
  prefix: `test:${randomUUID().slice(0, 8)}`,
});
