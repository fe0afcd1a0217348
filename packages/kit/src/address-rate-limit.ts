import { createHash } from 'node:crypto';
import type { Response } from 'express';
import { ipKeyGenerator, rateLimit } from 'express-rate-limit';
import type { Redis } from 'ioredis';
import { RedisStore } from 'rate-limit-redis';
import { AppError } from './errors.ts';
import type { Logger } from './logger.ts';

type Deps = { redis: Redis; logger: Logger };
type Settings = { REDIS_PREFIX: string; REQUESTS_PER_MINUTE_PER_ADDRESS: number };

/**
 * A coarse limit of the requests of one address. Requests that prove an identity give their point
 * back, because thousands of devices may share an address and each account has its own budgets.
 */
export const createAddressRateLimit = ({ redis, logger }: Deps, settings: Settings) =>
  rateLimit({
    windowMs: 60_000,
    limit: settings.REQUESTS_PER_MINUTE_PER_ADDRESS,
    standardHeaders: 'draft-8',
    legacyHeaders: false,
    // Without Redis only the limits of the operations remain.
    passOnStoreError: true,
    skipSuccessfulRequests: true,
    requestWasSuccessful: (_req, { locals }) => locals['skipsRateLimit'] === true,
    logger: {
      warn: (...args: unknown[]) => logger.warn('Rate limit of addresses.', { args }),
      error: (...args: unknown[]) =>
        logger.warn('Addresses are not limited: Redis is out of reach.', { args }),
    },
    keyGenerator: (req) => ipKeyGenerator(req.ip ?? 'unknown'),
    store: new RedisStore({
      prefix: `${settings.REDIS_PREFIX}:address:`,
      sendCommand: createSendCommand(redis),
    }),
    handler: () => {
      throw new AppError('rate_limited', 'Too many requests. Try again later.', {
        retryAfterMs: 60_000,
      });
    },
  });

/** Excludes a request from the rate limit of its address once it is answered. */
export const skipRateLimit = (res: Response) => {
  res.locals['skipsRateLimit'] = true;
};

/**
 * The store loads its scripts once, at the start, and stays broken if Redis is away at that moment.
 * A script's hash is known without Redis; the store loads the script itself when Redis lacks it.
 */
const createSendCommand =
  (redis: Redis) =>
  async (command: string, ...args: string[]): Promise<never> => {
    try {
      return (await redis.call(command, ...args)) as never;
    } catch (error) {
      if (command !== 'SCRIPT') throw error;
      return createHash('sha1').update(args[1]!).digest('hex') as never;
    }
  };
