import { randomUUID } from 'node:crypto';
import type { PrismaClient } from '@taar/db';
import { atEnd } from '@taar/testing/at-end';
import type { Phone } from '@taar/testing/phone';
import { until } from './wait.ts';

const heartbeatMs = 300;

/** Settings with which a lease expires within a second, under a key prefix of their own. */
export const shortLeases = () => ({
  REDIS_PREFIX: `test:${randomUUID().slice(0, 8)}`,
  HEARTBEAT_MS: `${heartbeatMs}`,
  PRESENCE_GRACE_MS: '400',
});

/** Sends heartbeats, as an app in the foreground does, until the answered function is called. */
export const sendHeartbeats = (phone: Phone) => {
  const timer = setInterval(() => {
    if (phone.socket.connected)
      phone.socket.emit('last_seen_update', { state: 'active' }, () => undefined);
  }, heartbeatMs);
  const stop = () => clearInterval(timer);
  atEnd(stop);
  return stop;
};

export const isOnline = async (db: PrismaClient, id: string) =>
  (await db.user.findUniqueOrThrow({ where: { id } })).isOnline;

export const untilOnline = (db: PrismaClient, id: string, online = true) =>
  until(
    `the user is ${online ? 'online' : 'offline'}`,
    async () => (await isOnline(db, id)) === online,
  );
