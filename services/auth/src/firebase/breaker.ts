import { AppError } from '@taar/kit/errors';
import type { Logger } from '@taar/kit/logger';
import {
  BrokenCircuitError,
  ConsecutiveBreaker,
  TimeoutStrategy,
  circuitBreaker,
  handleWhen,
  timeout,
  wrap,
} from 'cockatiel';

/** Firebase answered and rejected the request; the message is Firebase's error code. */
export class FirebaseRejection extends Error {}

/** Firebase answered that it failed, so it did not carry the request out. */
export class FirebaseFailure extends Error {}

/** Firebase may have carried the request out, or not. */
export class UnknownOutcome extends AppError {}

const failuresToOpen = 5;

/**
 * Runs calls to Firebase with a deadline and behind a circuit breaker: while Firebase is slow or
 * away, callers get a 503 at once and other work goes on.
 */
export const createBreaker = (deadlineMs: number, probeMs: number, logger: Logger) => {
  const breaker = circuitBreaker(
    handleWhen((error) => !(error instanceof FirebaseRejection)),
    { halfOpenAfter: probeMs, breaker: new ConsecutiveBreaker(failuresToOpen) },
  );
  breaker.onBreak(() => logger.warn('Firebase cannot be reached; calls are suspended.'));
  breaker.onReset(() => logger.info('Firebase can be reached again.'));
  const policy = wrap(breaker, timeout(deadlineMs, TimeoutStrategy.Aggressive));

  return async <T>(call: (signal: AbortSignal) => Promise<T>): Promise<T> => {
    try {
      return await policy.execute(({ signal }) => call(signal));
    } catch (error) {
      if (error instanceof FirebaseRejection) throw error;
      if (!(error instanceof BrokenCircuitError))
        logger.warn('A call to Firebase failed.', { error });
      const Unavailable = wasNotCarriedOut(error) ? AppError : UnknownOutcome;
      throw new Unavailable(
        'dependency_unavailable',
        'Sign-in is unavailable. Try again shortly.',
        { retryAfterMs: probeMs },
      );
    }
  };
};
export type Breaker = ReturnType<typeof createBreaker>;

const wasNotCarriedOut = (error: unknown) =>
  error instanceof BrokenCircuitError ||
  error instanceof FirebaseFailure ||
  unreachableCodes.has((error as { cause?: { code?: string } }).cause?.code ?? '');

/** Codes of connections that were never made. */
const unreachableCodes = new Set([
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'UND_ERR_CONNECT_TIMEOUT',
]);
