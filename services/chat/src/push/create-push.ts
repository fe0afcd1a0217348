import type { ChatDb } from '@taar/db';
import type { Logger } from '@taar/kit/logger';
import { platforms } from '@taar/runtime/push-jobs';
import type { Redis } from 'ioredis';
import { createDismissalWorker } from './dismiss-read-notifications.ts';
import { type DeviceState, createFanOutWorker } from './fan-out-to-devices.ts';
import { createPlatformBackoff } from './platform-backoff.ts';
import { type ReadBadges, createPlatformWorker } from './platform-worker.ts';
import { type SendSettings, createSendPush } from './send-push.ts';

export type PushSettings = SendSettings & {
  PUSH_LATER_MS: number;
  PUSH_RETRY_MS: number;
  PUSH_TTL_SECONDS: number;
  PUSH_POLL_MS: number;
};

type Needs = DeviceState & {
  db: ChatDb;
  redis: Redis;
  prefix: string;
  readBadges: ReadBadges;
  logger: Logger;
};

/**
 * The workers that turn messages into pushes and send them, beside those of other nodes. Without a
 * Firebase project no job is worked, and old ones are deleted.
 */
export const createPush = (needs: Needs, settings: PushSettings) => {
  if (!settings.FIREBASE_PROJECT && !settings.FCM_LOCAL_URL) return pushIsOff(needs.logger);
  const { db, logger, redis, prefix } = needs;
  const queue = {
    db,
    logger,
    pollMs: settings.PUSH_POLL_MS,
    gatherMs: 50,
    retryMs: settings.PUSH_RETRY_MS,
    maxAttempts: 5,
  };

  // A sender for each platform: connections of one that hang do not hold up another.
  const senders = platforms.map(() => createSendPush(settings));
  const platformWorkers = platforms.map((platform, i) =>
    createPlatformWorker(platform, queue, {
      db,
      logger,
      readBadges: needs.readBadges,
      sendPush: senders[i]!.sendPush,
      backoff: createPlatformBackoff(redis, `${prefix}:push:backoff:${platform}`),
      retryMs: settings.PUSH_RETRY_MS,
      ttlMs: settings.PUSH_TTL_SECONDS * 1_000,
    }),
  );
  const fanOutWorker = createFanOutWorker(queue, {
    ...needs,
    laterMs: settings.PUSH_LATER_MS,
    wakePlatformWorkers: () => {
      for (const worker of platformWorkers) worker.wake();
    },
  });
  const dismissalWorker = createDismissalWorker(queue, needs);

  return {
    start: () => {
      for (const worker of [fanOutWorker, dismissalWorker, ...platformWorkers]) worker.start();
    },
    /** Call when messages were stored. */
    wake: fanOutWorker.wake,
    stop: async () => {
      await Promise.all([fanOutWorker.stop(), dismissalWorker.stop()]);
      await Promise.all(platformWorkers.map((worker) => worker.stop()));
      await Promise.all(senders.map((sender) => sender.stop()));
    },
  };
};
export type Push = ReturnType<typeof createPush>;

const pushIsOff = (logger: Logger) => ({
  start: () => logger.warn('Push is off: FIREBASE_PROJECT is not set.'),
  wake: () => undefined,
  stop: async () => undefined,
});
