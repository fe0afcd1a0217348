import { createHash } from 'node:crypto';
import type { Response } from 'express';
import { ipKeyGenerator, rateLimit } from 'express-rate-limit';
import type { Redis } from 'ioredis';
import { RedisStore } from 'rate-limit-redis';
import { AppError } from './errors.ts';
import type { Logger } from './logger.ts';

type Deps = { redis: Redis; logger: Logger };
type Settings = { REDIS_PREFIX: string; REQUESTS_PER_MINUTE_PER_ADDRESS: number };

// The store loads its scripts once, at boot, and would stay broken had Redis been away just then.
// The hash is known without Redis; the script itself is loaded when Redis says it lacks it.
const sendCommand =
  (redis: Redis) =>
  async (command: string, ...args: string[]): Promise<never> => {
    try {
      return (await redis.call(command, ...args)) as never;
    } catch (error) {
      if (command !== 'SCRIPT') throw error;
      return createHash('sha1').update(args[1]!).digest('hex') as never;
    }
  };

/** Has a request not count against its address. */
export const spare = (res: Response) => {
  res.locals['isSpared'] = true;
};

/**
 * The coarse shield of one address; it lets pass while Redis is away, as operations have limits.
 * Whoever proved who they are has budgets of their own, and counts only while they are answered or
 * once those are spent: thousands of them may share an address.
 */
export const createShield = ({ redis, logger }: Deps, settings: Settings) =>
  rateLimit({
    windowMs: 60_000,
    limit: settings.REQUESTS_PER_MINUTE_PER_ADDRESS,
    standardHeaders: 'draft-8',
    legacyHeaders: false,
    passOnStoreError: true,
    skipSuccessfulRequests: true,
    requestWasSuccessful: (_req, { locals }) => locals['isSpared'] === true,
    logger: {
      warn: (...args: unknown[]) => logger.warn('shield', { args }),
      error: (...args: unknown[]) => logger.warn('the shield lets pass', { args }),
    },
    keyGenerator: (req) => ipKeyGenerator(req.ip ?? 'unknown'),
    store: new RedisStore({
      prefix: `${settings.REDIS_PREFIX}:shield:`,
      sendCommand: sendCommand(redis),
    }),
    handler: () => {
      throw new AppError('rate_limited', 'Slow down.', { retryAfterMs: 60_000 });
    },
  });
