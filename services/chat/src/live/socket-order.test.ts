import { expect, test } from '@jest/globals';
import { createClock, isOlder } from './socket-order.ts';

test('a socket that opens after its node learned of another one is newer, even if its clock is behind', () => {
  const ahead = createClock(() => 1_000_000);
  const behind = createClock(() => 700_000);
  const first = { socketId: 'z', at: ahead.next() };

  behind.hear(first.at);
  const second = { socketId: 'a', at: behind.next() };

  expect(isOlder(first, second)).toBe(true);
  expect(isOlder(second, first)).toBe(false);
});

test('of two sockets that one node opens in the same millisecond the later one is newer', () => {
  const clock = createClock(() => 5);
  const [first, second] = [
    { socketId: 'z', at: clock.next() },
    { socketId: 'a', at: clock.next() },
  ];
  expect(isOlder(first, second)).toBe(true);
});

test('two sockets with the same time have one order, whichever is compared first', () => {
  const [left, right] = [
    { socketId: 'a', at: 5 },
    { socketId: 'b', at: 5 },
  ];
  expect([isOlder(left, right), isOlder(right, left), isOlder(left, left)]).toEqual([
    true,
    false,
    false,
  ]);
});
