import { expect, test } from '@jest/globals';
import { createClock, isOlder } from './socket-order.ts';

test('what opens after another was heard of is newer, though its node’s clock is behind', () => {
  const ahead = createClock(() => 1_000_000);
  const behind = createClock(() => 700_000);
  const first = { socketId: 'z', at: ahead.next() };

  behind.hear(first.at);
  const second = { socketId: 'a', at: behind.next() };

  expect(isOlder(first, second)).toBe(true);
  expect(isOlder(second, first)).toBe(false);
});

test('of two that one node opens in the same millisecond the later one is newer', () => {
  const clock = createClock(() => 5);
  const [first, second] = [
    { socketId: 'z', at: clock.next() },
    { socketId: 'a', at: clock.next() },
  ];
  expect(isOlder(first, second)).toBe(true);
});

test('two of the same moment are in one order, whoever compares', () => {
  const [one, other] = [
    { socketId: 'a', at: 5 },
    { socketId: 'b', at: 5 },
  ];
  expect([isOlder(one, other), isOlder(other, one), isOlder(one, one)]).toEqual([
    true,
    false,
    false,
  ]);
});
