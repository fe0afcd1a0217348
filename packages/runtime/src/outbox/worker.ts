import { randomUUID } from 'node:crypto';
import { withContext } from '@taar/kit/context';
import type { Job } from './job.ts';
import { createPoller } from './poller.ts';
import { completeJob, leaseJobs } from './queries.ts';
import { type QueueSettings, createQueue } from './queue.ts';

export type JobHandler = {
  /** May run more than once for one job: a process can die before the job is marked as done. */
  handle: (job: Job) => Promise<void>;
  /** Runs before the job becomes a dead letter; may run more than once, too. */
  onDeadLetter?: (job: Job) => Promise<void>;
};
/** By topic. */
export type JobHandlers = Record<string, JobHandler>;

type Settings = QueueSettings & { handlers: JobHandlers; concurrency: number; pollMs: number };

/** Works the jobs of some topics, a few at a time, beside the workers of other processes. */
export const createWorker = ({ handlers, concurrency, pollMs, ...settings }: Settings) => {
  const { db, logger } = settings;
  const topics = Object.keys(handlers);
  const queue = createQueue(topics, settings);
  const running = new Set<Promise<void>>();

  const handle = async (job: Job) => {
    const { handle: work, onDeadLetter } = handlers[job.topic]!;
    // A job that takes its process down never reaches the handling of failures.
    if (job.wasAbandoned && job.attempts > queue.maxAttempts)
      return queue.giveUp(job, null, onDeadLetter);
    try {
      await queue.whileLeased([job], () => work(job));
    } catch (error) {
      return queue.fail(job, error, onDeadLetter);
    }
    await completeJob(db, job);
  };

  const start = (job: Job) => {
    const requestId = job.requestId ?? randomUUID();
    const context = { requestId, transport: 'job' as const, operation: job.topic };
    const ended = withContext(context, () => handle(job))
      .catch((error: unknown) =>
        logger.warn('The result of a job could not be stored; its lease will end.', { error }),
      )
      .finally(() => {
        running.delete(ended);
        poller.wake();
      });
    running.add(ended);
  };

  const poller = createPoller({
    poll: async () => {
      const free = concurrency - running.size;
      if (free === 0) return false;
      for (const job of await leaseJobs(db, topics, free, queue.leaseMs)) start(job as Job);
      return false;
    },
    pollMs,
    logger,
  });

  return {
    start: () => {
      poller.start();
      queue.startMetrics();
    },
    /** Looks for jobs now instead of at the next poll. */
    wake: poller.wake,
    /** Takes no more jobs; resolves when those under way have ended. */
    stop: async () => {
      await poller.stop();
      await Promise.all([...running, queue.stopMetrics()]);
    },
  };
};
export type Worker = ReturnType<typeof createWorker>;
