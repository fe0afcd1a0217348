import type { WireError } from '@taar/contracts';

/** The server refused a request; `problem` is its answer. */
export class Refused extends Error {
  readonly problem: WireError;

  constructor(problem: WireError) {
    super(problem.code);
    this.problem = problem;
  }
}

/** Whether the same request may succeed later. A request without an answer may. */
export const mayRetry = (error: unknown) => !(error instanceof Refused) || error.problem.retryable;

export const retryAfterMs = (error: unknown, defaultMs: number) =>
  (error instanceof Refused && error.problem.retryAfterMs) || defaultMs;
