import { randomUUID } from 'node:crypto';
import { withContext } from '@taar/kit/context';
import type { Job } from './job.ts';
import { createPoller } from './poller.ts';
import { leaseJobs } from './queries.ts';
import { type QueueSettings, createQueue } from './queue.ts';

/** Settings that workers of several topics can share. */
export type BatchSettings = Omit<QueueSettings, 'name'> & { pollMs: number; gatherMs: number };

type Settings<P> = QueueSettings &
  BatchSettings & {
    topic: string;
    batchSize: number;
    /** Null for an invalid payload: the job then fails alone. */
    parse: (payload: unknown) => P | null;
    /**
     * Works a batch and settles its jobs, in the statement that stores the effect: deletes them,
     * marks them as done or postpones them. A batch that throws must not have had any effect.
     */
    handle: (jobs: Job<P>[]) => Promise<void>;
    /** Whether to take jobs at all at this moment. */
    isReady?: () => Promise<boolean>;
  };

/** Works the jobs of one topic, one batch after another, beside the workers of other processes. */
export const createBatchWorker = <P>(settings: Settings<P>) => {
  const { topic, batchSize, pollMs, gatherMs, parse, handle, isReady, db, logger } = settings;
  const queue = createQueue([topic], settings);

  /** Halves a batch that fails, until the jobs at fault fail alone. */
  const work = async (jobs: Job<P>[]): Promise<void> => {
    if (jobs.length === 0) return;
    try {
      await handle(jobs);
    } catch (error) {
      if (jobs.length === 1) return queue.fail(jobs[0]!, error);
      const half = jobs.length >> 1;
      await work(jobs.slice(0, half));
      await work(jobs.slice(half));
    }
  };

  const workParsed = async (jobs: Job<unknown>[]) => {
    const valid: Job<P>[] = [];
    for (const job of jobs) {
      const payload = parse(job.payload);
      if (payload === null) await queue.fail(job, new Error('The payload is invalid.'));
      else valid.push({ ...job, payload });
    }
    await work(valid);
  };

  const poller = createPoller({
    poll: async () => {
      if (isReady && !(await isReady())) return false;
      const jobs = await leaseJobs(db, [topic], batchSize, queue.leaseMs);
      if (jobs.length === 0) return false;
      const context = { requestId: randomUUID(), transport: 'job' as const, operation: topic };
      await withContext(context, () => queue.whileLeased(jobs, () => workParsed(jobs)));
      return jobs.length === batchSize;
    },
    pollMs,
    gatherMs,
    logger,
  });

  return {
    start: () => {
      poller.start();
      queue.startMetrics();
    },
    /** Looks for jobs soon instead of at the next poll. */
    wake: poller.wake,
    /** Takes no more jobs; resolves when the batch under way has ended. */
    stop: async () => {
      await poller.stop();
      await queue.stopMetrics();
    },
  };
};
