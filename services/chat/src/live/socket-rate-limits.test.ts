import { expect, test } from '@jest/globals';
import { createSocketRateLimits } from './socket-rate-limits.ts';

test('a session may send a burst of events, then events are rejected, then its socket is closed', () => {
  const { event } = createSocketRateLimits(1);
  const verdicts = Array.from({ length: 1_000 }, () => event('a'));
  expect(verdicts.slice(0, 60).every((verdict) => verdict === 'pass')).toBe(true);
  expect(verdicts[100]).toBe('reject');
  expect(verdicts.at(-1)).toBe('close');
  expect(event('b')).toBe('pass');
});

test('a socket without authentication is closed after a few events', () => {
  const check = createSocketRateLimits(1).beforeAuthentication();
  const verdicts = Array.from({ length: 30 }, () => check());
  expect(verdicts.slice(0, 6)).toEqual(['pass', 'pass', 'pass', 'pass', 'pass', 'reject']);
  expect(verdicts.at(-1)).toBe('close');
});
