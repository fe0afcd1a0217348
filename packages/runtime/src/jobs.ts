import { randomUUID } from 'node:crypto';
import type { Prisma, ServiceTx } from '@taar/db';
import { currentContext, withContext } from '@taar/kit/context';
import type { Logger } from '@taar/kit/logger';

type Db = Pick<ServiceTx<'status'>, '$queryRaw' | '$executeRaw'>;
type Draft = {
  topic: string;
  key: string;
  payload?: Prisma.InputJsonObject;
  afterSeconds?: number;
};

/** Puts a job down, in the transaction of the change that causes it. */
export const enqueue = (
  tx: Pick<Db, '$executeRaw'>,
  { topic, key, payload = {}, afterSeconds = 0 }: Draft,
) => tx.$executeRaw`
  INSERT INTO outbox (topic, key, payload, request_id, available_at)
  VALUES (${topic}, ${key}::uuid, ${JSON.stringify(payload)}::jsonb,
    ${currentContext()?.requestId ?? null}::uuid, now() + ${afterSeconds} * interval '1 s')`;

export type Job = {
  id: bigint;
  topic: string;
  key: string;
  payload: Record<string, unknown>;
  requestId: string | null;
  attempts: number;
};
type Work = {
  perform: (job: Job) => Promise<void>;
  /** What is done once it has failed too often. */
  giveUp?: (job: Job) => Promise<void>;
};

type Settings = {
  db: Db;
  logger: Logger;
  /** By topic. */
  work: Record<string, Work>;
  atOnce: number;
  pollMs: number;
  leaseSeconds?: number;
  maxAttempts?: number;
};

const takeJobs = (db: Db, topics: string[], limit: number, leaseSeconds: number) =>
  db.$queryRaw<Job[]>`
    UPDATE outbox SET attempts = attempts + 1, locked_until = now() + ${leaseSeconds} * interval '1 s'
    WHERE id IN (
      SELECT id FROM outbox
      WHERE topic = ANY(${topics}) AND done_at IS NULL AND dead_at IS NULL AND available_at <= now()
        AND (locked_until IS NULL OR locked_until <= now())
      ORDER BY available_at LIMIT ${limit} FOR UPDATE SKIP LOCKED)
    RETURNING id, topic, key, payload, request_id AS "requestId", attempts`;

const finish = (db: Db, { id }: Job) =>
  db.$executeRaw`UPDATE outbox SET done_at = now(), locked_until = NULL WHERE id = ${id}`;
const retryLater = (db: Db, { id, attempts }: Job, error: string) => db.$executeRaw`
  UPDATE outbox SET locked_until = NULL, last_error = ${error},
    available_at = now() + least(power(2, ${attempts}::int), 600) * interval '1 s'
  WHERE id = ${id}`;
const bury = (db: Db, { id }: Job, error: string | null) => db.$executeRaw`
  UPDATE outbox SET dead_at = now(), locked_until = NULL, last_error = coalesce(${error}, last_error)
  WHERE id = ${id}`;

/**
 * Works the jobs of some topics, a few at once, beside any number of other processes. A job whose
 * process died is taken up again when its lease ends, so work must bear being done twice.
 */
export const createWorker = ({
  db,
  logger,
  work,
  atOnce,
  pollMs,
  leaseSeconds = 300,
  maxAttempts = 10,
}: Settings) => {
  const running = new Set<Promise<void>>();
  let timer: NodeJS.Timeout | undefined;
  let looking: Promise<void> | undefined;
  let lookAgain = false;
  let stopped = false;

  const perform = async (job: Job) => {
    const { perform: run, giveUp } = work[job.topic]!;
    const end = async (error: string | null) => {
      await giveUp?.(job);
      await bury(db, job, error);
    };
    // A job that keeps killing its process never gets to fail.
    if (job.attempts > maxAttempts) return end(null);
    try {
      await run(job);
      await finish(db, job);
    } catch (error) {
      logger.warn('a job failed', { topic: job.topic, key: job.key, error });
      const text = String(error).slice(0, 500);
      if (job.attempts >= maxAttempts) await end(text);
      else await retryLater(db, job, text);
    }
  };

  const start = (job: Job) => {
    const context = { requestId: job.requestId ?? randomUUID(), transport: 'job' as const };
    const done = withContext({ ...context, operation: job.topic }, () => perform(job))
      .catch((error: unknown) => logger.warn('a job was left to its lease', { error }))
      .finally(() => {
        running.delete(done);
        poke();
      });
    running.add(done);
  };

  const look = async () => {
    clearTimeout(timer);
    while (!stopped && running.size < atOnce) {
      const jobs = await takeJobs(db, Object.keys(work), atOnce - running.size, leaseSeconds);
      for (const job of jobs) start(job);
      if (jobs.length === 0) break;
    }
  };

  /** Looks for work now rather than at the next turn. */
  const poke = () => {
    lookAgain = true;
    looking ??= (async () => {
      while (lookAgain && !stopped) {
        lookAgain = false;
        await look().catch((error: unknown) => logger.warn('jobs cannot be read', { error }));
      }
      looking = undefined;
      if (!stopped) timer = setTimeout(poke, pollMs);
    })();
  };

  return {
    poke,
    /** Takes no more jobs; resolves when those under way have ended. */
    stop: async () => {
      stopped = true;
      clearTimeout(timer);
      await looking;
      await Promise.all(running);
    },
  };
};
export type Worker = ReturnType<typeof createWorker>;
