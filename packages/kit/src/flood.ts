const burst = 60;
const perSecond = 20;
/** Refusals that a client which is merely eager never reaches: three times the rate for 10 s. */
const closeAfter = 3 * perSecond * 10;

/** Guards one socket against floods, in process, so that refusing costs next to nothing. */
export const createFlood = () => {
  let tokens = burst;
  let refused = 0;
  let at = performance.now();

  return (): 'pass' | 'refuse' | 'close' => {
    const now = performance.now();
    const refill = ((now - at) / 1_000) * perSecond;
    at = now;
    tokens = Math.min(burst, tokens + refill);
    refused = Math.max(0, refused - refill);
    if (tokens >= 1) {
      tokens -= 1;
      return 'pass';
    }
    refused += 1;
    return refused > closeAfter ? 'close' : 'refuse';
  };
};
