import { describe, expect, test } from '@jest/globals';
import { createBatchWorker } from '../src/outbox/batch-worker.ts';
import type { Job } from '../src/outbox/job.ts';
import { pause, startOutbox, until } from './outbox.ts';

const { admin, settings, aTopic, aJob, rowOf, running } = await startOutbox();

type Payload = { bad?: boolean };
type More = Partial<Parameters<typeof createBatchWorker<Payload>>[0]>;
const parse = (payload: unknown) =>
  (payload as { invalid?: true }).invalid ? null : (payload as Payload);
/** Settles the jobs of a batch, as a handler does in the statement that stores its effect. */
const settle = (jobs: Job<Payload>[]) =>
  admin.outbox.updateMany({
    where: { id: { in: jobs.map(({ id }) => id) } },
    data: { doneAt: new Date(), lockedUntil: null },
  });

const work = (topic: string, more: More = {}) => {
  const batches: string[][] = [];
  const worker = createBatchWorker<Payload>({
    ...settings,
    topic,
    batchSize: 10,
    gatherMs: 20,
    parse,
    handle: async (jobs) => {
      batches.push(jobs.map(({ key }) => key));
      if (jobs.some(({ payload }) => payload.bad)) throw new Error('One of these is bad.');
      await settle(jobs);
    },
    ...more,
  });
  return { ...running(worker), batches };
};
/** One after another: many first connections at once can take too long on a busy machine. */
const jobs = async (topic: string, count: number, payload = {}) => {
  const keys: string[] = [];
  for (let i = 0; i < count; i++) keys.push(await aJob(topic, payload));
  return keys;
};
const open = (topic: string) =>
  admin.outbox.count({ where: { topic, doneAt: null, deadAt: null } });

describe('a batch', () => {
  test('takes several jobs at once, and the next batch follows at once', async () => {
    const topic = aTopic();
    await jobs(topic, 25);
    const { batches } = work(topic, { pollMs: 60_000 });

    await until(async () => (await open(topic)) === 0);
    expect(batches.map(({ length }) => length)).toEqual([10, 10, 5]);
  });

  test('with one job that fails completes all the others, and that one becomes a dead letter', async () => {
    const topic = aTopic();
    const good = await jobs(topic, 9);
    const [bad] = await jobs(topic, 1, { bad: true });
    work(topic, { maxAttempts: 3 });

    await until(async () => (await open(topic)) === 0);
    const states = await admin.outbox.findMany({ where: { topic, deadAt: null } });
    expect(states.map(({ key }) => key).toSorted()).toEqual(good.toSorted());
    expect(states.every(({ attempts }) => attempts === 1)).toBe(true);
    expect(await rowOf(bad!)).toMatchObject({ attempts: 3, lastError: 'One of these is bad.' });
  });

  test('leaves out a job with an invalid payload, which fails alone', async () => {
    const topic = aTopic();
    const good = await jobs(topic, 3);
    const [invalid] = await jobs(topic, 1, { invalid: true });
    const { batches } = work(topic, { maxAttempts: 2 });

    await until(async () => (await open(topic)) === 0);
    expect(batches.map((keys) => keys.toSorted())).toEqual([good.toSorted()]);
    expect(await rowOf(invalid!)).toMatchObject({
      attempts: 2,
      lastError: 'The payload is invalid.',
    });
  });

  test('keeps its leases while its handler works longer than they last', async () => {
    const topic = aTopic();
    await jobs(topic, 5);
    let calls = 0;
    const handle = async (batch: Job<Payload>[]) => {
      calls += 1;
      await pause(1_200);
      await settle(batch);
    };
    for (let i = 0; i < 2; i++) work(topic, { handle, leaseMs: 300 });

    await until(async () => (await open(topic)) === 0);
    expect(calls).toBe(1);
  });

  test('is shared by no two workers', async () => {
    const topic = aTopic();
    const keys = await jobs(topic, 60);
    const workers = Array.from({ length: 3 }, () => work(topic));

    await until(async () => (await open(topic)) === 0);
    const handled = workers.flatMap(({ batches }) => batches.flat());
    expect(handled.toSorted()).toEqual(keys.toSorted());
  });

  test('is not taken while the worker is not ready', async () => {
    const topic = aTopic();
    await jobs(topic, 3);
    let isReady = false;
    work(topic, { isReady: async () => isReady });

    await pause(300);
    expect(await admin.outbox.count({ where: { topic, attempts: 0 } })).toBe(3);
    isReady = true;
    await until(async () => (await open(topic)) === 0);
  });

  test('gathers what is inserted shortly after a wake', async () => {
    const topic = aTopic();
    const worker = work(topic, { pollMs: 60_000, gatherMs: 500 });
    await pause(200);
    for (let i = 0; i < 5; i++) {
      await jobs(topic, 1);
      worker.wake();
    }

    await until(async () => (await open(topic)) === 0);
    expect(worker.batches.map(({ length }) => length)).toEqual([5]);
  });
});

test('a batch worker that stops finishes the batch under way and takes no other', async () => {
  const topic = aTopic();
  await jobs(topic, 12);
  const handle = async (batch: Job<Payload>[]) => {
    await pause(400);
    await settle(batch);
  };
  const worker = work(topic, { handle });
  await until(async () => (await admin.outbox.count({ where: { topic, attempts: 1 } })) > 0);

  await worker.stop();

  expect(await open(topic)).toBe(2);
});
