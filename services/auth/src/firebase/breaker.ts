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

/** Firebase answered, and said no: the words are its own. */
export class FirebaseRejection extends Error {}

/** Firebase answered that it is in trouble: it did not do what it was asked. */
export class FirebaseFailure extends Error {}

/** Nobody knows whether Firebase did what it was asked. */
export class UnknownOutcome extends AppError {}

const failuresToOpen = 5;

const unreachable = new Set([
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'UND_ERR_CONNECT_TIMEOUT',
]);
/** The question cannot have reached Firebase, or it said itself that it did not act on it. */
const isUndone = (error: unknown) =>
  error instanceof BrokenCircuitError ||
  error instanceof FirebaseFailure ||
  unreachable.has((error as { cause?: { code?: string } }).cause?.code ?? '');

/**
 * Runs a call to Firebase under a deadline, behind a breaker: a Firebase that is slow or away
 * costs its callers a prompt 503 and nobody else anything.
 */
export const createBreaker = (deadlineMs: number, probeMs: number, logger: Logger) => {
  const breaker = circuitBreaker(
    handleWhen((error) => !(error instanceof FirebaseRejection)),
    { halfOpenAfter: probeMs, breaker: new ConsecutiveBreaker(failuresToOpen) },
  );
  breaker.onBreak(() => logger.warn('firebase is out of reach'));
  breaker.onReset(() => logger.info('firebase is back'));
  const policy = wrap(breaker, timeout(deadlineMs, TimeoutStrategy.Aggressive));

  return async <T>(call: (signal: AbortSignal) => Promise<T>): Promise<T> => {
    try {
      return await policy.execute(({ signal }) => call(signal));
    } catch (error) {
      if (error instanceof FirebaseRejection) throw error;
      if (!(error instanceof BrokenCircuitError))
        logger.warn('a call to firebase failed', { error });
      const Away = isUndone(error) ? AppError : UnknownOutcome;
      throw new Away('dependency_unavailable', 'Sign-in is out of reach. Try again shortly.', {
        retryAfterMs: probeMs,
      });
    }
  };
};
export type Breaker = ReturnType<typeof createBreaker>;
