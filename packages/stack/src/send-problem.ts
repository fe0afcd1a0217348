import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { type ErrorCode, type WireError, errors, isRetryable } from '@taar/contracts';

/** Answers an error of the gateway in the form that services use. */
export const sendProblem = (res: ServerResponse, code: ErrorCode) => {
  const body = JSON.stringify(problemOf(code));
  res
    .writeHead(errors[code].status, {
      'Content-Type': 'application/problem+json',
      'Content-Length': Buffer.byteLength(body),
    })
    .end(body);
};

const problemOf = (code: ErrorCode): WireError => ({
  type: `urn:taar:problem:${code}`,
  title: errors[code].title,
  status: errors[code].status,
  instance: `urn:taar:request:${randomUUID()}`,
  code,
  retryable: isRetryable(code),
});
