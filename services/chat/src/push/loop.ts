import type { Logger } from '@taar/kit/logger';

type Settings = {
  /** Answers whether there may be more to do. */
  work: () => Promise<boolean>;
  /** How often to look without being told. */
  pollMs: number;
  /** What comes within this time is taken together. */
  gatherMs: number;
  logger: Logger;
};

/** Works while there is work, then sleeps until it is poked or it is time to look. */
export const createLoop = ({ work, pollMs, gatherMs, logger }: Settings) => {
  let timer: NodeJS.Timeout | undefined;
  let dueAt = Infinity;
  let running: Promise<void> | undefined;
  let stopped = true;

  const schedule = (ms: number) => {
    const at = Date.now() + ms;
    if (stopped || at >= dueAt) return;
    clearTimeout(timer);
    dueAt = at;
    timer = setTimeout(turn, ms);
  };

  const turn = () => {
    dueAt = Infinity;
    if (running) return schedule(gatherMs);
    running = work()
      .catch((error: unknown) => {
        logger.warn('jobs cannot be worked', { error });
        return false;
      })
      .then((more) => {
        running = undefined;
        schedule(more ? 0 : pollMs);
      });
  };

  return {
    start: () => {
      stopped = false;
      schedule(0);
    },
    poke: () => schedule(gatherMs),
    stop: async () => {
      stopped = true;
      clearTimeout(timer);
      await running;
    },
  };
};
