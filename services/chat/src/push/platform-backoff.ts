import type { Redis } from 'ioredis';

/** Time during which no node sends to a platform. Without Redis it holds for this node alone. */
export const createPlatformBackoff = (redis: Redis, key: string) => {
  let localUntil = 0;
  return {
    begin: (ms: number) => {
      localUntil = Date.now() + ms;
      redis.set(key, '', 'PX', Math.ceil(ms)).catch(() => undefined);
    },
    isActive: async () => {
      if (Date.now() < localUntil) return true;
      // Redis alone measures the time, so that nodes whose clocks differ agree.
      return (await redis.exists(key).catch(() => 0)) === 1;
    },
  };
};
export type PlatformBackoff = ReturnType<typeof createPlatformBackoff>;
