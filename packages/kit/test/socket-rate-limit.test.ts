import { expect, test } from '@jest/globals';
import { createSocketRateLimit } from '../src/socket-rate-limit.ts';

test('the rate limit of a socket lets a burst pass, then rejects events, then closes the socket', () => {
  const check = createSocketRateLimit();
  const verdicts = Array.from({ length: 1_000 }, () => check());
  expect(verdicts.slice(0, 60).every((verdict) => verdict === 'pass')).toBe(true);
  expect(verdicts[100]).toBe('reject');
  expect(verdicts.at(-1)).toBe('close');
});
