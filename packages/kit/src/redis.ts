import { Redis } from 'ioredis';
import type { Logger } from './logger.ts';

/**
 * For commands. It fails at once while Redis is away: a queue would grow without bound, and would
 * send outdated hints when Redis returns.
 */
export const createRedis = (url: string, logger: Logger): Redis =>
  logConnection(
    new Redis(url, {
      ...reconnecting,
      enableOfflineQueue: false,
      maxRetriesPerRequest: 1,
      commandTimeout: 1_000,
      // A Redis that vanished without an end, as in a failover, leaves connections open and silent.
      socketTimeout: 2_000,
      connectTimeout: 2_000,
    }),
    logger,
    'commands',
  );

/** For subscriptions. It subscribes again by itself when the connection returns. */
export const createSubscriber = (url: string, logger: Logger): Redis =>
  logConnection(
    new Redis(url, {
      ...reconnecting,
      maxRetriesPerRequest: null,
      connectTimeout: 2_000,
      // The check is a command, which a connection that has subscribed already would refuse.
      enableReadyCheck: false,
    }),
    logger,
    'subscriber',
  );

/** The longest pause between two attempts to reconnect. */
const maxRetryDelayMs = 1_000;

const reconnecting = {
  // The protocol that every server speaks. A connection that is cut while ioredis 6 finds out by
  // HELLO 3 that its server lacks RESP3 subscribes to one channel of many when it returns.
  protocol: 2 as const,
  retryStrategy: (attempt: number) => Math.min(attempt * 50, maxRetryDelayMs),
  // A former primary answers READONLY until the client connects again.
  reconnectOnError: (error: Error) => error.message.startsWith('READONLY'),
  // Bounds the wait for the end of a connection that is broken already; it holds the process.
  disconnectTimeout: 200,
};

const logConnection = (redis: Redis, logger: Logger, name: string) => {
  // ioredis throws errors that have no listener. One line for each outage, not for each attempt.
  let isAway = false;
  redis.on('error', (error) => {
    if (!isAway) logger.warn('Redis is out of reach.', { client: name, error });
    isAway = true;
  });
  redis.on('ready', () => {
    if (isAway) logger.info('Redis is back.', { client: name });
    isAway = false;
  });
  return redis;
};
