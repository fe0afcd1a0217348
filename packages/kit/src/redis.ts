import { Redis } from 'ioredis';
import type { Logger } from './logger.ts';

/** The longest pause between two attempts to connect again. */
const maxRetryDelayMs = 1_000;

const watched = (redis: Redis, logger: Logger, name: string) => {
  // Without a listener ioredis throws; one line an outage, not one an attempt.
  let down = false;
  redis.on('error', (error) => {
    if (!down) logger.warn('redis is out of reach', { client: name, error });
    down = true;
  });
  redis.on('ready', () => {
    if (down) logger.info('redis is back', { client: name });
    down = false;
  });
  return redis;
};

const shared = {
  retryStrategy: (attempt: number) => Math.min(attempt * 50, maxRetryDelayMs),
  // A replica that was promoted away answers READONLY until the connection is made anew.
  reconnectOnError: (error: Error) => error.message.startsWith('READONLY'),
  // The end of a connection that broke before is awaited in vain, and holds the process meanwhile.
  disconnectTimeout: 200,
};

/**
 * For commands: fails at once while Redis is away. A queue would grow without bound, and flush
 * stale hints when Redis returns.
 */
export const createRedis = (url: string, logger: Logger): Redis =>
  watched(
    new Redis(url, {
      ...shared,
      enableOfflineQueue: false,
      maxRetriesPerRequest: 1,
      commandTimeout: 1_000,
      connectTimeout: 2_000,
    }),
    logger,
    'commands',
  );

/** For subscriptions: subscribes again by itself whenever the connection returns. */
export const createSubscriber = (url: string, logger: Logger): Redis =>
  watched(
    new Redis(url, { ...shared, maxRetriesPerRequest: null, connectTimeout: 2_000 }),
    logger,
    'subscriber',
  );
