import { describe, expect, test } from '@jest/globals';
import { createDisplay } from '../src/display.ts';

const escape = '\u001B[';

/** A terminal that understands line feeds, cursor up (`A`) and clear below (`J`). */
const createScreen = () => {
  const rows = [''];
  let at = 0;
  const print = (text: string) => {
    const [first = '', ...others] = text.split('\n');
    rows[at] += first;
    for (const other of others) {
      at += 1;
      rows[at] = (rows[at] ?? '') + other;
    }
  };
  return {
    isTTY: true,
    write: (text: string) => {
      const [first = '', ...commands] = text.split(escape);
      print(first);
      for (const command of commands) {
        const [whole, count, name] = /^(\d*)([AJ])/.exec(command)!;
        if (name === 'A') at -= Number(count);
        else rows.splice(at, rows.length, '');
        print(command.slice(whole.length));
      }
    },
    lines: () => rows.map((row) => row.trim().replace(/\s+/g, ' ')).filter(Boolean),
  };
};

const deferred = () => {
  let resolve = () => {};
  const promise = new Promise<void>((done) => (resolve = done));
  return { promise, resolve: () => resolve() };
};
const never = new AbortController().signal;

describe('a display on a terminal', () => {
  test('shows one line for each part, which ends as ready', async () => {
    const screen = createScreen();
    const display = createDisplay(screen, never);
    const [postgres, redis] = [deferred(), deferred()];

    const tracked = [
      display.track('PostgreSQL', postgres.promise),
      display.track('Redis', redis.promise),
    ];
    expect(screen.lines()).toEqual(['PostgreSQL starting …', 'Redis starting …']);
    redis.resolve();
    await tracked[1];
    expect(screen.lines()).toEqual([
      'PostgreSQL starting …',
      expect.stringMatching(/^Redis ready /),
    ]);
    display.print('A line');
    postgres.resolve();
    await tracked[0];
    display.print('Taar is ready');

    expect(screen.lines()).toEqual([
      'A line',
      expect.stringMatching(/^PostgreSQL ready \d+\.\d s$/),
      expect.stringMatching(/^Redis ready \d+\.\d s$/),
      'Taar is ready',
    ]);
  });

  test('shows which part failed, and passes its error on', async () => {
    const screen = createScreen();
    const failing = createDisplay(screen, never).track('S3', Promise.reject(new Error('no disk')));
    await expect(failing).rejects.toThrow('no disk');
    expect(screen.lines()).toEqual(['S3 failed']);
  });

  test('shows no more progress once it is stopping', async () => {
    const screen = createScreen();
    const stopping = new AbortController();
    const { promise, resolve } = deferred();
    const tracked = createDisplay(screen, stopping.signal).track('S3', promise);
    stopping.abort();
    resolve();
    await tracked;
    expect(screen.lines()).toEqual(['S3 starting …']);
  });
});

test('output that is not a terminal gets plain lines without control characters', async () => {
  const written: string[] = [];
  const display = createDisplay({ write: (text) => written.push(text) }, never);
  await display.track('Redis', Promise.resolve());
  display.print('Taar is ready');
  expect(written).toEqual([
    expect.stringMatching(/^Redis: ready in \d+\.\d s\n$/),
    'Taar is ready\n',
  ]);
});
