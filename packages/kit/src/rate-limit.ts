import { type Policy, limits } from '@taar/contracts';
import { ipKeyGenerator } from 'express-rate-limit';
import type { Redis } from 'ioredis';
import { RateLimiterMemory, RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible';
import { AppError } from './errors.ts';

export type Subject = { address: string; userId?: string; sessionId?: string };
/** Spends points of a policy's budget, one by default. Throws `rate_limited` when it is empty. */
export type SpendLimit = (
  policy: Policy,
  subject: Subject,
  input: unknown,
  points?: number,
) => Promise<void>;

type Settings = { redis: Redis; prefix: string; factor: number };

export const createSpendLimit = (settings: Settings): SpendLimit => {
  const limiters = new Map<Policy, RateLimiterRedis>();
  return async (policy, subject, input, points = 1) => {
    const limiter = limiters.get(policy) ?? createLimiter(settings, policy);
    limiters.set(policy, limiter);
    try {
      await limiter.consume(keyOf(policy, subject, input), points);
    } catch (rejection) {
      if (!(rejection instanceof RateLimiterRes)) throw rejection;
      throw new AppError('rate_limited', 'Too many requests. Try again later.', {
        retryAfterMs: rejection.msBeforeNext,
      });
    }
  };
};

const createLimiter = ({ redis, prefix, factor }: Settings, policy: Policy) => {
  const { points, seconds } = limits[policy];
  const budget = {
    points: points * factor,
    duration: seconds,
    keyPrefix: `${prefix}:rl:${policy}`,
  };
  return new RateLimiterRedis({
    ...budget,
    storeClient: redis,
    rejectIfRedisNotReady: true,
    insuranceLimiter: new RateLimiterMemory(budget),
  });
};

const keyOf = (policy: Policy, { address, userId, sessionId }: Subject, input: unknown) => {
  const limit: { by: string; and?: 'chatId' } = limits[policy];
  // One subscriber can rotate through a whole network of IPv6 addresses.
  const network = ipKeyGenerator(address);
  const { chatId } = (input ?? {}) as { chatId?: unknown };
  const chat = typeof chatId === 'string' ? chatId.slice(0, 36) : undefined;
  const subject = { user: userId, session: sessionId, address: network, chat }[limit.by] ?? network;
  return limit.and && chat ? `${subject}:${chat}` : subject;
};
