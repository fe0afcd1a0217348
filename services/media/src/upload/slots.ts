import { AppError } from '@taar/kit/errors';

type Settings = { UPLOADS_AT_ONCE: number; UPLOADS_AT_ONCE_PER_USER: number };

/** Uploads under way in this process: so many, and not all of them somebody's. */
export const createSlots = ({ UPLOADS_AT_ONCE, UPLOADS_AT_ONCE_PER_USER }: Settings) => {
  const byUser = new Map<string, number>();
  const underWay = new Set<Promise<unknown>>();

  return {
    take: async <T>(userId: string, upload: () => Promise<T>): Promise<T> => {
      const own = byUser.get(userId) ?? 0;
      if (own >= UPLOADS_AT_ONCE_PER_USER)
        throw new AppError('rate_limited', 'Wait for your other uploads.', { retryAfterMs: 2_000 });
      if (underWay.size >= UPLOADS_AT_ONCE)
        throw new AppError('dependency_unavailable', 'Try again shortly.', { retryAfterMs: 2_000 });
      byUser.set(userId, own + 1);
      const work = upload();
      underWay.add(work);
      try {
        return await work;
      } finally {
        underWay.delete(work);
        const left = byUser.get(userId)! - 1;
        if (left > 0) byUser.set(userId, left);
        else byUser.delete(userId);
      }
    },
    /** Resolves when all have ended, and cleaned up after themselves. */
    settled: async () => {
      await Promise.allSettled(underWay);
    },
  };
};
export type Slots = ReturnType<typeof createSlots>;
