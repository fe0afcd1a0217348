import type { WireError } from '@taar/contracts';
import type { ErrorRequestHandler, Response } from 'express';
import { invalidInput } from './edge.ts';
import { AppError, type IsUnavailable, toWireError } from './errors.ts';
import type { Logger } from './logger.ts';

/** Answers a thrown value as problem details. */
export const createErrorHandler =
  (deps: { logger: Logger; isUnavailable: IsUnavailable }): ErrorRequestHandler =>
  (thrown, _req, res, next) => {
    if (res.headersSent) next(thrown);
    else sendProblem(res, toWireError(fromExpress(thrown), deps));
  };

const sendProblem = (res: Response, problem: WireError) => {
  if (problem.retryAfterMs !== undefined)
    res.set('Retry-After', String(Math.ceil(problem.retryAfterMs / 1_000)));
  res.status(problem.status).type('application/problem+json').send(JSON.stringify(problem));
};

/** Turns the errors of express and its body parsers into errors of the contract. */
const fromExpress = (thrown: unknown): unknown => {
  if (thrown instanceof AppError || !(thrown instanceof Error) || !('status' in thrown))
    return thrown;
  const { status } = thrown;
  const type = 'type' in thrown ? thrown.type : '';
  if (status === 413) return new AppError('payload_too_large', 'The body is too large.');
  if (status === 415)
    return new AppError('unsupported_media_type', 'Send application/json in UTF-8.');
  if (type === 'entity.parse.failed')
    return new AppError('malformed_json', 'The body is not valid JSON.');
  return typeof status === 'number' && status < 500 ? invalidInput('request') : thrown;
};
