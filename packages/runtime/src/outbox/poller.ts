import type { Logger } from '@taar/kit/logger';

type Settings = {
  /** Resolves to true when there may be more to do at once. */
  poll: () => Promise<boolean>;
  pollMs: number;
  /** How long `wake` waits for more calls before it polls. */
  gatherMs?: number;
  logger: Logger;
};

/** Polls while there is work, then every `pollMs` and whenever it is woken; never twice at once. */
export const createPoller = ({ poll, pollMs, gatherMs = 0, logger }: Settings) => {
  let timer: NodeJS.Timeout | undefined;
  let dueAt = Infinity;
  let polling: Promise<void> | undefined;
  let wasWoken = false;
  let stopped = true;

  const pollIn = (ms: number) => {
    const at = Date.now() + ms;
    if (stopped || at >= dueAt) return;
    clearTimeout(timer);
    dueAt = at;
    timer = setTimeout(run, ms);
  };

  const run = () => {
    dueAt = Infinity;
    wasWoken = false;
    polling = poll()
      .catch((error: unknown) => {
        logger.warn('Jobs could not be read from the outbox; retrying.', { error });
        return false;
      })
      .then((hasMore) => {
        polling = undefined;
        pollIn(hasMore ? 0 : wasWoken ? gatherMs : pollMs);
      });
  };

  return {
    start: () => {
      stopped = false;
      pollIn(0);
    },
    wake: () => {
      if (polling) wasWoken = true;
      else pollIn(gatherMs);
    },
    /** Resolves when the poll under way has ended. */
    stop: async () => {
      stopped = true;
      clearTimeout(timer);
      await polling;
    },
  };
};
