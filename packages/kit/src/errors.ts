import { type ErrorCode, type WireError, errors, isRetryable } from '@taar/contracts';
import { currentContext } from './context.ts';
import type { Logger } from './logger.ts';

/** Further members of an error: RFC 9457 extension members, and the time before a retry. */
export type ErrorExtras = { retryAfterMs?: number; [member: string]: unknown };

/** A refusal. `detail` is shown to the caller; clients decide by `code`. */
export class AppError extends Error {
  readonly code: ErrorCode;
  readonly extras: ErrorExtras;

  constructor(code: ErrorCode, detail: string, extras: ErrorExtras = {}) {
    super(detail);
    this.name = 'AppError';
    this.code = code;
    this.extras = extras;
  }
}

/** Whether a thrown value means that a dependency was out of reach, so that a retry may succeed. */
export type IsUnavailable = (thrown: unknown) => boolean;

/** The only place where a thrown value becomes an answer. */
export const toWireError = (
  thrown: unknown,
  { isUnavailable, logger }: { isUnavailable: IsUnavailable; logger: Logger },
): WireError => {
  const { code, message, extras } = asAppError(thrown, isUnavailable, logger);
  const { status, title } = errors[code];
  return {
    ...extras,
    type: `urn:taar:problem:${code}`,
    title,
    status,
    ...(message && { detail: message }),
    instance: `urn:taar:request:${currentContext()?.requestId ?? 'none'}`,
    code,
    retryable: isRetryable(code),
  };
};

const asAppError = (thrown: unknown, isUnavailable: IsUnavailable, logger: Logger): AppError => {
  if (thrown instanceof AppError) return thrown;
  if (isUnavailable(thrown)) {
    logger.warn('A dependency is out of reach.', { error: thrown });
    return new AppError('dependency_unavailable', 'Try again shortly.', { retryAfterMs: 1_000 });
  }
  logger.error('An unexpected error was thrown.', { error: thrown });
  return new AppError('internal', '');
};
