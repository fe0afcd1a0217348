import type { ChatDb } from '@taar/db';
import { platforms } from '@taar/runtime/push-jobs';
import type { Logger } from '@taar/kit/logger';
import type { Redis } from 'ioredis';
import type { Totals } from '../core/totals.ts';
import type { Deps } from '../deps.ts';
import { createLane } from './lane.ts';
import { createLoop } from './loop.ts';
import { createPause } from './pause.ts';
import { type SendSettings, createSend } from './send.ts';
import { createSpread } from './spread.ts';
import { createWithdrawal } from './withdraw.ts';

export type PushSettings = SendSettings & {
  PUSH_LATER_MS: number;
  PUSH_RETRY_MS: number;
  PUSH_TTL_SECONDS: number;
  PUSH_POLL_MS: number;
};

type Needs = {
  db: ChatDb;
  redis: Redis;
  prefix: string;
  totals: Totals;
  presence: Deps['presence'];
  views: Deps['views'];
  deviceWatermarks: Deps['deviceWatermarks'];
  logger: Logger;
};

const gatherMs = 50;

/**
 * Works the pushes of messages, beside any number of other nodes. Where no Firebase project is set
 * up nobody is notified, and the jobs are dropped when they are old.
 */
export const createPush = (needs: Needs, settings: PushSettings) => {
  if (!settings.FIREBASE_PROJECT && !settings.FCM_LOCAL_URL) return off(needs.logger);
  const { logger, redis, prefix } = needs;
  const retryMs = settings.PUSH_RETRY_MS;
  const pace = { pollMs: settings.PUSH_POLL_MS, gatherMs, logger };
  // A platform's own connections: those of another that hang do not keep it from sending.
  const senders = platforms.map(() => createSend(settings));

  const lanes = platforms.map((platform, i) =>
    createLoop({
      ...pace,
      work: createLane(platform, {
        ...needs,
        send: senders[i]!.send,
        pause: createPause(redis, `${prefix}:push:paused:${platform}`),
        retryMs,
        ttlMs: settings.PUSH_TTL_SECONDS * 1_000,
      }),
    }),
  );
  const spread = createSpread({ ...needs, laterMs: settings.PUSH_LATER_MS, retryMs });
  const messages = createLoop({
    ...pace,
    work: async () => {
      const { queued, more } = await spread();
      if (queued > 0) for (const lane of lanes) lane.poke();
      return more;
    },
  });
  const readings = createLoop({ ...pace, work: createWithdrawal({ ...needs, retryMs }) });

  return {
    start: () => {
      for (const loop of [messages, readings, ...lanes]) loop.start();
    },
    /** There are new messages. */
    poke: messages.poke,
    stop: async () => {
      await Promise.all([messages, readings].map((loop) => loop.stop()));
      await Promise.all(lanes.map((lane) => lane.stop()));
      await Promise.all(senders.map(({ stop }) => stop()));
    },
  };
};
export type Push = ReturnType<typeof createPush>;

const off = (logger: Logger) => ({
  start: () => logger.warn('push is off: FIREBASE_PROJECT is not set'),
  poke: () => undefined,
  stop: async () => undefined,
});
