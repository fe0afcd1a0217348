import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { type ErrorCode, type WireError, errors, isRetryable } from '@taar/contracts';

const bodyOf = (code: ErrorCode): WireError => ({
  type: `urn:taar:problem:${code}`,
  title: errors[code].title,
  status: errors[code].status,
  instance: `urn:taar:request:${randomUUID()}`,
  code,
  retryable: isRetryable(code),
});

/** What the gateway says by itself, in the form that services answer in. */
export const problem = (res: ServerResponse, code: ErrorCode) => {
  const body = JSON.stringify(bodyOf(code));
  res
    .writeHead(errors[code].status, {
      'Content-Type': 'application/problem+json',
      'Content-Length': Buffer.byteLength(body),
    })
    .end(body);
};
