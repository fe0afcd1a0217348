const maxMs = 10 * 60_000;

/** Time until the next attempt: doubles each time, with jitter so that jobs do not return at once. */
export const backoffMs = (attempts: number, baseMs: number) =>
  Math.min(baseMs * 2 ** (attempts - 1), maxMs) * (0.75 + Math.random() / 2);
