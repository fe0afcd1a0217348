import { AppError } from '@taar/kit/errors';

/**
 * Runs at most `max` syncs at a time. After a deployment all clients sync at once; one that cannot
 * be served soon is asked to come back instead of waiting in a queue.
 */
export const createAdmission = (max: number, retryAfterMs: number) => {
  let running = 0;
  return async <T>(work: () => Promise<T>): Promise<T> => {
    if (running >= max)
      throw new AppError('dependency_unavailable', 'Many clients are syncing. Try again.', {
        retryAfterMs: Math.round(retryAfterMs * (1 + Math.random())),
      });
    running += 1;
    try {
      return await work();
    } finally {
      running -= 1;
    }
  };
};
export type Admit = ReturnType<typeof createAdmission>;
