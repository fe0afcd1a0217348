import { randomUUID } from 'node:crypto';
import type { PrismaClient } from '@taar/db';
import { atEnd } from '@taar/testing/at-end';
import type { Phone } from '@taar/testing/phone';
import { until } from './devices.ts';

const heartbeatMs = 300;

/** Settings under which a lease ends after a second; apart from nodes with other settings. */
export const hurried = () => ({
  REDIS_PREFIX: `test:${randomUUID().slice(0, 8)}`,
  HEARTBEAT_MS: `${heartbeatMs}`,
  PRESENCE_GRACE_MS: '400',
});

/** Sends heartbeats, as an app in the foreground does, until the phone is closed or told to stop. */
export const keepBeating = (phone: Phone) => {
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
  until(online ? 'online' : 'offline', async () => (await isOnline(db, id)) === online);
