import type { Logger } from '@taar/kit/logger';

/** Does some work now and then, and never twice at once. */
export const repeat = (everyMs: number, logger: Logger, work: () => Promise<void>) => {
  let running: Promise<void> | undefined;
  const timer = setInterval(() => {
    running ??= work()
      .catch((error: unknown) => logger.warn('a background job failed', { error }))
      .finally(() => (running = undefined));
  }, everyMs);
  timer.unref();

  return {
    stop: async () => {
      clearInterval(timer);
      await running;
    },
  };
};
