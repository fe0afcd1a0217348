import { describe, expect, test } from '@jest/globals';
import { type JobHandler, createWorker } from '../src/outbox/worker.ts';
import { startOutbox, until } from './outbox.ts';

const { admin, lines, settings, aTopic, aJob, rowOf, running } = await startOutbox();

const work = (topic: string, handler: JobHandler, more = {}) =>
  running(createWorker({ ...settings, concurrency: 2, ...more, handlers: { [topic]: handler } }));

const isDead = (key: string) => async () => (await rowOf(key)).deadAt !== null;

test('a job that fails is tried again, and waits longer each time', async () => {
  const topic = aTopic();
  const key = await aJob(topic);
  const times: number[] = [];
  work(
    topic,
    {
      handle: async () => {
        times.push(performance.now());
        if (times.length < 4) throw new Error('Not yet.');
      },
    },
    { retryMs: 200, pollMs: 10 },
  );

  await until(async () => (await rowOf(key)).doneAt !== null);
  const waits = times.slice(1).map((time, i) => time - times[i]!);
  expect(waits).toHaveLength(3);
  for (const [i, wait] of waits.entries()) expect(wait).toBeGreaterThan(0.74 * 200 * 2 ** i);
  expect(await rowOf(key)).toMatchObject({ attempts: 4, lastError: 'Not yet.', deadAt: null });
});

test('jobs that fail together do not all return at the same moment', async () => {
  const topic = aTopic();
  await Promise.all(Array.from({ length: 20 }, () => aJob(topic)));
  const fail = { handle: () => Promise.reject(new Error('Refused.')) };
  const worker = work(topic, fail, { retryMs: 60_000, concurrency: 20 });

  await until(async () => (await admin.outbox.count({ where: { topic, attempts: 1 } })) === 20);
  await worker.stop();
  const rows = await admin.outbox.findMany({ where: { topic } });
  const times = rows.map(({ availableAt }) => availableAt.getTime());
  expect(Math.max(...times) - Math.min(...times)).toBeGreaterThan(5_000);
});

describe('a dead letter', () => {
  test('is a job after its last attempt, once its hook has run', async () => {
    const topic = aTopic();
    const key = await aJob(topic);
    const given: string[] = [];
    work(
      topic,
      {
        handle: () => Promise.reject(new Error('Broken for good.')),
        onDeadLetter: async (job) => {
          expect((await rowOf(job.key)).deadAt).toBeNull();
          given.push(job.key);
        },
      },
      { maxAttempts: 3 },
    );

    await until(isDead(key));
    expect(given).toEqual([key]);
    expect(await rowOf(key)).toMatchObject({ attempts: 3, lastError: 'Broken for good.' });
    const logged = lines.filter(
      ({ level, fields }) => level === 'error' && fields['topic'] === topic,
    );
    expect(logged).toHaveLength(1);
  });

  test('waits for its hook: where that fails, it runs again when the lease ends', async () => {
    const topic = aTopic();
    const key = await aJob(topic);
    let hooks = 0;
    work(
      topic,
      {
        handle: () => Promise.reject(new Error('Broken for good.')),
        onDeadLetter: async () => {
          hooks += 1;
          if (hooks === 1) throw new Error('The hook failed.');
        },
      },
      { maxAttempts: 1, leaseMs: 300 },
    );

    await until(isDead(key));
    expect(hooks).toBe(2);
  });

  test('is what becomes of a job that took its process down at every attempt', async () => {
    const topic = aTopic();
    const key = await aJob(topic);
    // As the last of those processes left it.
    await admin.outbox.updateMany({
      where: { key },
      data: { attempts: 10, lockedUntil: new Date() },
    });
    let calls = 0;
    work(topic, { handle: async () => void (calls += 1) });

    await until(isDead(key));
    expect(calls).toBe(0);
  });

  test('is never made of a job because the database was unavailable', async () => {
    const topic = aTopic();
    const key = await aJob(topic);
    await admin.outbox.updateMany({ where: { key }, data: { attempts: 8 } });
    const timeout = Object.assign(new Error('canceling statement'), { code: '57014' });
    let calls = 0;
    work(
      topic,
      {
        handle: async () => {
          calls += 1;
          await admin.outbox.updateMany({ where: { key }, data: { availableAt: new Date(0) } });
          if (calls < 5) throw timeout;
        },
      },
      { retryMs: 0 },
    );

    await until(async () => (await rowOf(key)).doneAt !== null);
    expect(await rowOf(key)).toMatchObject({ attempts: 13, deadAt: null });
  });
});

test('a failing job holds no other up', async () => {
  const topic = aTopic();
  const [bad, good] = [await aJob(topic, { bad: true }), await aJob(topic)];
  work(
    topic,
    {
      handle: async ({ payload }) => {
        if (payload['bad']) throw new Error('Bad.');
      },
    },
    { maxAttempts: 2, concurrency: 1 },
  );

  await until(isDead(bad));
  expect((await rowOf(good)).doneAt).not.toBeNull();
});

test('metrics name the jobs that are due, the oldest, failures and dead letters', async () => {
  const topic = aTopic();
  const key = await aJob(topic);
  const waiting = await aJob(topic);
  await admin.outbox.updateMany({
    where: { key: waiting },
    data: { lockedUntil: new Date(Date.now() + 60_000), availableAt: new Date(Date.now() - 5_000) },
  });
  const fail = { handle: () => Promise.reject(new Error('Refused.')) };
  work(topic, fail, { name: topic, maxAttempts: 2, metricsMs: 100 });

  await until(isDead(key));
  const emitted = () =>
    lines.filter(({ fields }) => fields['queue'] === topic && 'jobsDue' in fields);
  const sumOf = (name: string) =>
    emitted().reduce((sum, { fields }) => sum + Number(fields[name]), 0);
  await until(() => sumOf('deadLetters') === 1);
  expect(sumOf('jobFailures')).toBe(2);
  await until(() => emitted().at(-1)?.fields['jobsDue'] === 1);
  expect(emitted().at(-1)!.fields['oldestDueJob']).toBeGreaterThan(5_000);
});
