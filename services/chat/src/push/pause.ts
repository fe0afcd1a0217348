import type { Redis } from 'ioredis';

/** How long a platform is to be left alone, as far as possible known to every node. */
export const createPause = (redis: Redis, key: string) => {
  let own = 0;
  return {
    begin: (ms: number) => {
      own = Date.now() + ms;
      redis.set(key, own, 'PX', Math.ceil(ms)).catch(() => undefined);
    },
    isOn: async () => {
      if (Date.now() < own) return true;
      const others = await redis.get(key).catch(() => null);
      return Date.now() < Number(others ?? 0);
    },
  };
};
export type Pause = ReturnType<typeof createPause>;
