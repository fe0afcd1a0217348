import { AppError } from '@taar/kit/errors';

/**
 * Lets at most `max` through at a time: after a deploy everybody comes back at once, and who has to
 * wait is better told when to ask again than kept in a queue.
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
