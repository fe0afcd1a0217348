import type { Logger } from '@taar/kit/logger';
import { emitMetrics } from '@taar/kit/metrics';
import { repeat } from '@taar/kit/repeat';
import { databaseError } from '@taar/db';
import { backoffMs } from './backoff.ts';
import type { Job, OutboxDb } from './job.ts';
import { moveToDeadLetter, readBacklog, renewLeases, retryJob } from './queries.ts';

export type QueueSettings = {
  /** Names the queue in metrics and logs. */
  name: string;
  db: OutboxDb;
  logger: Logger;
  /** A job that is not finished is leased for so long, and renewed while its process lives. */
  leaseMs?: number;
  /** Wait before the second attempt; doubles from then on. */
  retryMs?: number;
  maxAttempts?: number;
  metricsMs?: number;
};

type OnDeadLetter = (job: Job<never>) => Promise<void>;

/** The life of leased jobs, whichever worker handles them: renewal, retries, metrics. */
export const createQueue = (
  topics: string[],
  {
    name,
    db,
    logger,
    leaseMs = 60_000,
    retryMs = 2_000,
    maxAttempts = 10,
    metricsMs = 60_000,
  }: QueueSettings,
) => {
  const counts = { failures: 0, deadLetters: 0 };
  let stopMetrics: (() => Promise<void>) | undefined;

  const giveUp = async (job: Job<unknown>, error: string | null, onDeadLetter?: OnDeadLetter) => {
    await onDeadLetter?.(job as Job<never>);
    await moveToDeadLetter(db, job, error);
    counts.deadLetters += 1;
    logger.error('A job was given up and kept as a dead letter.', { ...fieldsOf(job), error });
  };

  const emitQueueMetrics = async () => {
    const { due, oldestMs } = await readBacklog(db, topics);
    emitMetrics(logger, { queue: name }, [
      { name: 'jobsDue', unit: 'Count', value: due },
      { name: 'oldestDueJob', unit: 'Milliseconds', value: Math.round(oldestMs) },
      { name: 'jobFailures', unit: 'Count', value: counts.failures },
      { name: 'deadLetters', unit: 'Count', value: counts.deadLetters },
    ]);
    Object.assign(counts, { failures: 0, deadLetters: 0 });
  };

  return {
    leaseMs,
    maxAttempts,
    giveUp,

    /** Keeps other workers from taking these jobs until `work` has ended. */
    whileLeased: async <T>(jobs: Job<unknown>[], work: () => Promise<T>): Promise<T> => {
      const timer = setInterval(() => {
        renewLeases(db, jobs, leaseMs).catch((error: unknown) =>
          logger.warn('Leases of jobs could not be renewed.', { queue: name, error }),
        );
      }, leaseMs / 3);
      return work().finally(() => clearInterval(timer));
    },

    /** An unavailable database never makes a job a dead letter: the job is not at fault. */
    fail: async (job: Job<unknown>, thrown: unknown, onDeadLetter?: OnDeadLetter) => {
      counts.failures += 1;
      logger.warn('A job failed.', { ...fieldsOf(job), error: thrown });
      const error = thrown instanceof Error ? thrown.message : String(thrown);
      const isLast = job.attempts >= maxAttempts && databaseError(thrown)?.kind !== 'unavailable';
      if (isLast) await giveUp(job, error, onDeadLetter);
      else await retryJob(db, job, { error, afterMs: backoffMs(job.attempts, retryMs) });
    },

    startMetrics: () => {
      stopMetrics = repeat({
        everyMs: metricsMs,
        work: emitQueueMetrics,
        onError: (error) => logger.warn('Metrics of jobs could not be read.', { error }),
      });
    },
    stopMetrics: async () => stopMetrics?.(),
  };
};

const fieldsOf = ({ id, topic, attempts }: Job<unknown>) => ({ jobId: id, topic, attempts });
