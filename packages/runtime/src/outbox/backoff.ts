const maxMs = 10 * 60_000;

/** Wait before the next attempt: doubles each time; jitter spreads jobs that failed together. */
export const backoffMs = (attempts: number, baseMs: number) =>
  Math.min(baseMs * 2 ** (attempts - 1), maxMs) * (0.75 + Math.random() / 2);
