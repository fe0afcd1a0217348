import type { Redis } from 'ioredis';

/** How long a platform is to be left alone, as far as possible known to every node. */
export const createPause = (redis: Redis, key: string) => {
  let own = 0;
  return {
    begin: (ms: number) => {
      own = Date.now() + ms;
      redis.set(key, '', 'PX', Math.ceil(ms)).catch(() => undefined);
    },
    isOn: async () => {
      if (Date.now() < own) return true;
      // There for as long as it holds, whatever the clocks of two nodes say.
      return (await redis.exists(key).catch(() => 0)) === 1;
    },
  };
};
export type Pause = ReturnType<typeof createPause>;
