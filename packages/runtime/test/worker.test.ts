import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { currentContext, withContext } from '@taar/kit/context';
import { atEnd } from '@taar/testing/at-end';
import { enqueue } from '../src/outbox/enqueue.ts';
import { type JobHandler, createWorker } from '../src/outbox/worker.ts';
import { pause, startOutbox, until } from './outbox.ts';

const { db, admin, url, settings, aTopic, aJob, rowOf, running } = await startOutbox();

type More = { concurrency?: number; pollMs?: number; leaseMs?: number; maxAttempts?: number };
const work = (topic: string, handler: JobHandler, more: More = {}) =>
  running(createWorker({ ...settings, concurrency: 2, ...more, handlers: { [topic]: handler } }));

const isDone = async (key: string) => (await rowOf(key)).doneAt !== null;

describe('a job', () => {
  test('is stored only with the transaction that causes it', async () => {
    const [topic, key] = [aTopic(), randomUUID()];
    const rollBack = db.$transaction(async (tx) => {
      await enqueue(tx, { topic, key });
      throw new Error('Roll back.');
    });
    await expect(rollBack).rejects.toThrow('Roll back.');
    expect(await admin.outbox.count({ where: { topic } })).toBe(0);
  });

  test('carries the id of the request that caused it', async () => {
    const [topic, key, requestId] = [aTopic(), randomUUID(), randomUUID()];
    await withContext({ requestId, transport: 'rest' }, () => enqueue(db, { topic, key }));
    const contexts: unknown[] = [];
    work(topic, { handle: async () => void contexts.push(currentContext()) });

    await until(() => isDone(key));
    expect(contexts).toEqual([{ requestId, transport: 'job', operation: topic }]);
  });

  test('waits until it is available', async () => {
    const [topic, key] = [aTopic(), randomUUID()];
    const startedAt = Date.now();
    await enqueue(db, { topic, key, afterSeconds: 0.5 });
    work(topic, { handle: async () => undefined });

    await until(() => isDone(key));
    expect(Date.now() - startedAt).toBeGreaterThan(490);
  });

  test('that is inserted before a wake is handled without waiting for the next poll', async () => {
    const topic = aTopic();
    const worker = work(topic, { handle: async () => undefined }, { pollMs: 60_000 });
    await pause(200);
    const key = await aJob(topic);
    worker.wake();

    await until(() => isDone(key));
    expect(await isDone(key)).toBe(true);
  });
});

describe('a lease', () => {
  test('lets no two workers handle one job at once', async () => {
    const topic = aTopic();
    const keys = await Promise.all(Array.from({ length: 40 }, () => aJob(topic)));
    const handled: string[] = [];
    const handle = async ({ key }: { key: string }) => {
      handled.push(key);
      await pause(5);
    };
    for (let i = 0; i < 3; i++) work(topic, { handle }, { concurrency: 5 });

    await until(async () => (await admin.outbox.count({ where: { topic, doneAt: null } })) === 0);
    expect(handled.toSorted()).toEqual(keys.toSorted());
  });

  test('is renewed while the handler works longer than the lease lasts', async () => {
    const topic = aTopic();
    const key = await aJob(topic);
    let calls = 0;
    const handle = async () => {
      calls += 1;
      await pause(1_500);
    };
    for (let i = 0; i < 2; i++) work(topic, { handle }, { leaseMs: 300 });

    await until(() => isDone(key));
    expect(calls).toBe(1);
    expect(await rowOf(key)).toMatchObject({ attempts: 1, lockedUntil: null });
  });

  test('of a killed process ends, and another worker takes the job up', async () => {
    const topic = aTopic();
    const key = await aJob(topic);
    const script = fileURLToPath(new URL('dying-worker.ts', import.meta.url));
    const child = spawn(process.execPath, [script, url, topic], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    atEnd(() => child.kill('SIGKILL'));
    await once(child.stdout, 'data');
    work(topic, { handle: async () => undefined });
    await pause(1_200);
    expect(await rowOf(key)).toMatchObject({ attempts: 1, doneAt: null });

    child.kill('SIGKILL');
    await once(child, 'exit');

    await until(() => isDone(key));
    expect((await rowOf(key)).attempts).toBe(2);
  });

  test('that another worker took over cannot be ended by the first one', async () => {
    const topic = aTopic();
    const key = await aJob(topic);
    let attempt = 0;
    work(topic, {
      handle: async () => {
        attempt += 1;
        // As if this process had slept past the end of its lease and a second worker had begun.
        const lockedUntil = new Date(Date.now() + 60_000);
        await admin.outbox.updateMany({ where: { key }, data: { attempts: 7, lockedUntil } });
      },
    });

    await until(() => attempt === 1);
    await pause(300);
    expect(await rowOf(key)).toMatchObject({ attempts: 7, doneAt: null });
    expect((await rowOf(key)).lockedUntil).not.toBeNull();
    expect(attempt).toBe(1);
  });
});

describe('a worker that stops', () => {
  test('finishes the job under way and takes no other', async () => {
    const topic = aTopic();
    const first = await aJob(topic);
    let calls = 0;
    const handle = async () => {
      calls += 1;
      await pause(400);
    };
    const worker = work(topic, { handle }, { concurrency: 1 });
    await until(() => calls === 1);
    const second = await aJob(topic);

    await worker.stop();

    expect([await isDone(first), await isDone(second)]).toEqual([true, false]);
    expect(calls).toBe(1);
  });
});
