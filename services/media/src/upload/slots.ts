import { AppError } from '@taar/kit/errors';

type Settings = { UPLOADS_AT_ONCE: number; UPLOADS_AT_ONCE_PER_USER: number };
type Work<T> = () => Promise<T>;

export type Slots = ReturnType<typeof createSlots>;
export type UploadSlots = ReturnType<typeof createUploadSlots>;

/** Limits the uploads of this process, in all and per user; rejects an upload above a limit. */
export const createUploadSlots = ({ UPLOADS_AT_ONCE, UPLOADS_AT_ONCE_PER_USER }: Settings) => {
  const all = createSlots(UPLOADS_AT_ONCE);
  const byUser = new Map<string, Slots>();

  return {
    run: async <T>(userId: string, upload: Work<T>): Promise<T> => {
      const ofUser = byUser.get(userId) ?? createSlots(UPLOADS_AT_ONCE_PER_USER);
      if (ofUser.free() === 0)
        throw new AppError('rate_limited', 'Wait until your other uploads have ended.', {
          retryAfterMs: 2_000,
        });
      if (all.free() === 0)
        throw new AppError('dependency_unavailable', 'Too many uploads are under way.', {
          retryAfterMs: 2_000,
        });
      byUser.set(userId, ofUser);
      try {
        return await all.run(() => ofUser.run(upload));
      } finally {
        if (ofUser.free() === UPLOADS_AT_ONCE_PER_USER) byUser.delete(userId);
      }
    },
    settled: all.settled,
  };
};

/** Runs at most `count` pieces of work at the same time; further ones wait for their turn. */
export const createSlots = (count: number) => {
  const running = new Set<Promise<unknown>>();
  const waiting: (() => void)[] = [];
  let free = count;

  return {
    free: () => free,
    run: async <T>(work: Work<T>): Promise<T> => {
      if (free > 0) free--;
      else await new Promise<void>((takeTurn) => waiting.push(takeTurn));
      const result = work();
      running.add(result);
      try {
        return await result;
      } finally {
        running.delete(result);
        const takeTurn = waiting.shift();
        if (takeTurn) takeTurn();
        else free++;
      }
    },
    /** Resolves when all work that runs now has ended. */
    settled: async () => {
      await Promise.allSettled(running);
    },
  };
};
