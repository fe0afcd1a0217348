/** `burst` events at once, and `perSecond` in the long run. */
export type SocketBudget = { burst: number; perSecond: number };
export type Verdict = 'pass' | 'reject' | 'close';
export type SocketRateLimit = () => Verdict;

const secondsToClose = 30;

/** Limits events in process, so that a rejection costs almost nothing. */
export const createSocketRateLimit = ({ burst, perSecond }: SocketBudget): SocketRateLimit => {
  /** Rejections at which the socket is closed. */
  const closeAfter = perSecond * secondsToClose;
  let tokens = burst;
  let rejected = 0;
  let at = performance.now();

  return () => {
    const now = performance.now();
    const refill = ((now - at) / 1_000) * perSecond;
    at = now;
    tokens = Math.min(burst, tokens + refill);
    rejected = Math.max(0, rejected - refill);
    if (tokens >= 1) {
      tokens -= 1;
      return 'pass';
    }
    rejected += 1;
    return rejected > closeAfter ? 'close' : 'reject';
  };
};

/** The limits of the sockets of one node. */
export type SocketRateLimits = {
  /** Counts one event of a session. */
  event: (sessionId: string) => Verdict;
  /** The limit of one socket before its authentication. */
  beforeAuthentication: () => SocketRateLimit;
};
