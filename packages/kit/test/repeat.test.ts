import { setTimeout as wait } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { withDeadline } from '../src/deadline.ts';
import { repeat } from '../src/repeat.ts';

test('repeated work never runs twice at once, and a failed run does not end the repetition', async () => {
  let running = 0;
  let most = 0;
  let runs = 0;
  const errors: unknown[] = [];
  const work = async () => {
    running += 1;
    runs += 1;
    most = Math.max(most, running);
    await wait(5);
    running -= 1;
    throw new Error('expected');
  };

  const stop = repeat({ everyMs: 1, work, onError: (error) => errors.push(error) });
  while (runs < 3) await wait(1);
  await stop();

  expect(most).toBe(1);
  expect(running).toBe(0);
  expect(errors).toHaveLength(runs);
});

test('stopping aborts the run under way and waits for its end', async () => {
  let ended = false;
  const work = async (signal: AbortSignal) => {
    while (!signal.aborted) await wait(1);
    ended = true;
  };

  const stop = repeat({ everyMs: 60_000, work, onError: () => undefined, startsNow: true });
  await stop();

  expect(ended).toBe(true);
});

test('a deadline rejects late work and lets work in time through', async () => {
  const lateError = () => new Error('late');

  await expect(withDeadline(wait(60_000, 0, { ref: false }), 1, lateError)).rejects.toThrow('late');
  await expect(withDeadline(Promise.resolve(7), 60_000, lateError)).resolves.toBe(7);
});
