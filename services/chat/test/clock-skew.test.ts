import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { afterEach, expect, jest, test } from '@jest/globals';
import { createLogger } from '@taar/kit/logger';
import { createRedis } from '@taar/kit/redis';
import { atEnd } from '@taar/testing/at-end';
import { aUser } from '@taar/testing/factories';
import { createSurroundings } from '@taar/testing/surroundings';
import { createLeases } from '../src/presence/leases.ts';
import { type PresenceChange } from '../src/presence/presence-changes.ts';
import { startSweeping } from '../src/presence/sweep.ts';
import { createPlatformBackoff } from '../src/push/platform-backoff.ts';
import { until } from './wait.ts';

const {
  admin: db,
  redis: { url, prefix },
} = await createSurroundings('chat');
const logger = createLogger('chat', 'fatal');
const redis = createRedis(url, logger);
atEnd(() => redis.disconnect());
await once(redis, 'ready');

const leaseMs = 60_000;
const leases = createLeases({ redis, prefix, leaseMs, graceMs: 1_000 });
const day = 86_400_000;
const setClock = (byMs: number) => {
  const real = Date.now();
  jest.spyOn(Date, 'now').mockReturnValue(real + byMs);
};
afterEach(() => {
  jest.restoreAllMocks();
});

test.each([day, -day])(
  'a node whose clock is %i ms off knows which sessions are in the foreground',
  async (byMs) => {
    const holder = { userId: randomUUID(), sessionId: randomUUID(), socketId: 'socket' };
    await leases.renew(holder);
    setClock(byMs);

    expect(await leases.sessions([holder.userId])).toEqual(new Set([holder.sessionId]));
  },
);

test.each([day, -day])(
  'a node whose clock is %i ms off obeys the backoff of a platform that another node began',
  async (byMs) => {
    const key = `${prefix}:paused:${randomUUID()}`;
    createPlatformBackoff(redis, key).begin(30_000);
    await redis.ping();
    setClock(byMs);

    expect(await createPlatformBackoff(redis, key).isActive()).toBe(true);
  },
);

test('a node whose clock is a day ahead sets no user offline after Redis was emptied', async () => {
  const { id } = await aUser(db, { isOnline: true });
  const own = `${prefix}:${randomUUID()}`;
  const changes: PresenceChange[] = [];
  const sweepBy = (compareMs: number) =>
    startSweeping({
      redis,
      prefix: own,
      db,
      logger,
      leases: createLeases({ redis, prefix: own, leaseMs, graceMs: 1_000 }),
      changes: { record: (change) => changes.push(change), stop: async () => undefined },
      leaseMs,
      sweepMs: day,
      compareMs,
    });
  await sweepBy(2)();
  await until(
    'another node may compare',
    async () => !(await redis.exists(`${own}:presence:compare`)),
  );
  setClock(day);

  await sweepBy(2)();

  expect(changes.filter(({ userId }) => userId === id)).toEqual([]);
});
