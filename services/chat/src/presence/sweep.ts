import type { ChatDb } from '@taar/db';
import type { Logger } from '@taar/kit/logger';
import { repeat } from '@taar/kit/repeat';
import type { Redis } from 'ioredis';
import type { PresenceChanges } from './presence-changes.ts';
import type { Leases } from './leases.ts';

const batch = 500;

type Needs = {
  redis: Redis;
  prefix: string;
  db: Pick<ChatDb, '$queryRaw'>;
  leases: Leases;
  changes: PresenceChanges;
  logger: Logger;
  leaseMs: number;
  sweepMs: number;
  compareMs: number;
};

/** Sweeps and compares at intervals. Without Redis both try again at the next interval. */
export const startSweeping = (needs: Needs) => {
  const { logger, sweepMs, compareMs } = needs;
  const stops = [
    repeat({
      everyMs: sweepMs,
      work: () => sweep(needs),
      onError: (error) => logger.debug('Expired presence leases could not be read.', { error }),
      startsNow: true,
    }),
    repeat({
      everyMs: compareMs,
      work: () => compare(needs),
      onError: (error) => logger.debug('Presence could not be compared.', { error }),
      startsNow: true,
    }),
  ];
  return async () => void (await Promise.all(stops.map((stop) => stop())));
};

/** Records the users whose last lease ended. Every node sweeps; each user goes to one node only. */
const sweep = async ({ leases, changes }: Needs) => {
  for (;;) {
    const expired = await leases.takeExpired(batch);
    for (const { userId, lastBeat } of expired)
      changes.record({ userId, online: false, at: lastBeat });
    if (expired.length < batch) return;
  }
};

/** Whether every online user had time to renew a lease since Redis was last empty. */
const isSettled = async ({ redis, prefix, leases, leaseMs }: Needs) => {
  const key = `${prefix}:presence:since`;
  const now = await leases.now();
  await redis.set(key, now, 'NX');
  return now - Number(await redis.get(key)) > leaseMs;
};

const listOnline = (db: Needs['db'], after: string) =>
  db.$queryRaw<{ id: string }[]>`
    SELECT id
    FROM users
    WHERE is_online
      AND id > ${after}::uuid
    ORDER BY id
    LIMIT ${batch}::int`;

const nilUuid = '00000000-0000-0000-0000-000000000000';

const listOffline = (db: Needs['db'], ids: string[]) =>
  db.$queryRaw<{ id: string }[]>`
    SELECT id
    FROM users
    WHERE id = ANY(${ids}::uuid[])
      AND NOT is_online`;

/** Corrects the database by the leases, which are the truth. One node at a time does so. */
const compare = async (needs: Needs) => {
  const { redis, prefix, db, leases, changes, compareMs } = needs;
  const key = `${prefix}:presence:compare`;
  const wasSet = await redis.set(key, '', 'PX', Math.round(compareMs / 2), 'NX');
  if (wasSet === null || !(await isSettled(needs))) return;
  const at = new Date(await leases.now());
  for (let after = nilUuid; ;) {
    const rows = await listOnline(db, after);
    const online = await leases.online(rows.map(({ id }) => id));
    for (const { id } of rows)
      if (!online.has(id)) changes.record({ userId: id, online: false, at });
    if (rows.length < batch) break;
    after = rows.at(-1)!.id;
  }
  for (let cursor = ''; cursor !== '0';) {
    const { next, userIds } = await leases.page(cursor || '0');
    for (const { id } of await listOffline(db, userIds))
      changes.record({ userId: id, online: true, at });
    cursor = next;
  }
};
