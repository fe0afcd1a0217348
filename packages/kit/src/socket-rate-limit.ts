const burst = 60;
const perSecond = 20;
/** Rejections at which the socket is closed: three times the rate for 10 s. */
const closeAfter = 3 * perSecond * 10;

/** Limits the events of one socket in process, so that a rejection costs almost nothing. */
export const createSocketRateLimit = () => {
  let tokens = burst;
  let rejected = 0;
  let at = performance.now();

  return (): 'pass' | 'reject' | 'close' => {
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
