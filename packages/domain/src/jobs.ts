import { randomUUID } from 'node:crypto';
import type { ServiceTx } from '@taar/db';
import { currentContext, withContext } from '@taar/kit/context';
import type { Logger } from '@taar/kit/logger';

type Sql = Pick<ServiceTx<'status'>, '$queryRaw' | '$executeRaw'>;
export type Job = {
  id: bigint;
  topic: string;
  key: string | null;
  payload: Record<string, unknown>;
  requestId: string | null;
  attempts: number;
};
export type JobHandlers = Record<string, (job: Job) => Promise<void>>;

const everyMs = 1_000;
const renewMs = 20_000;
const maxAttempts = 20;

/** Leaves work behind in the transaction that causes it; the topic's owner does it, at least once. */
export const enqueueJob = (
  tx: Pick<Sql, '$executeRaw'>,
  topic: string,
  key: string,
  { payload = {}, afterSeconds = 0 }: { payload?: object; afterSeconds?: number } = {},
) => tx.$executeRaw`
  INSERT INTO outbox (topic, key, payload, request_id, available_at)
  VALUES (${topic}, ${key}::uuid, ${JSON.stringify(payload)}::jsonb,
    ${currentContext()?.requestId ?? null}::uuid, now() + ${afterSeconds}::int * interval '1 s')`;

const takeJob = async (db: Sql, topic: string): Promise<Job | undefined> => {
  const [job] = await db.$queryRaw<Job[]>`
    UPDATE outbox SET attempts = attempts + 1, locked_until = now() + interval '1 min'
    WHERE id = (
      SELECT id FROM outbox
      WHERE topic = ${topic} AND done_at IS NULL AND dead_at IS NULL AND available_at <= now()
        AND (locked_until IS NULL OR locked_until <= now())
      ORDER BY available_at, id LIMIT 1 FOR UPDATE SKIP LOCKED)
    RETURNING id, topic, key, payload, request_id AS "requestId", attempts`;
  return job;
};

const putBack = (db: Sql, { id, attempts }: Job, error: unknown) => db.$executeRaw`
  UPDATE outbox SET locked_until = NULL, last_error = ${String(error).slice(0, 500)},
    dead_at = CASE WHEN ${attempts >= maxAttempts} THEN now() END,
    available_at = now() + least(power(2, ${attempts}::int), 3600) * interval '1 s'
  WHERE id = ${id}`;

const perform = async (db: Sql, logger: Logger, handler: JobHandlers[string], job: Job) => {
  // A long job keeps its lock for as long as this process lives.
  const renewal = setInterval(() => {
    db.$executeRaw`
      UPDATE outbox SET locked_until = now() + interval '1 min' WHERE id = ${job.id}`.catch(
      (error: unknown) => logger.warn('the lock of a job was not renewed', { error }),
    );
  }, renewMs);
  try {
    await handler(job);
    await db.$executeRaw`UPDATE outbox SET done_at = now() WHERE id = ${job.id}`;
  } catch (error) {
    logger.warn('a job failed', { topic: job.topic, attempts: job.attempts, error });
    await putBack(db, job, error);
  } finally {
    clearInterval(renewal);
  }
};

/** Works the jobs of some topics, each topic's one after another. */
export const followJobs = ({ db, logger }: { db: Sql; logger: Logger }, handlers: JobHandlers) => {
  const running = new Map<string, Promise<void>>();
  let stopping = false;

  const drain = async (topic: string) => {
    for (;;) {
      const job = stopping ? undefined : await takeJob(db, topic);
      if (!job) return;
      const requestId = job.requestId ?? randomUUID();
      await withContext({ requestId, transport: 'job', operation: topic }, () =>
        perform(db, logger, handlers[topic]!, job),
      );
    }
  };

  const look = (topic: string) => {
    if (running.has(topic) || stopping) return;
    const work = drain(topic)
      .catch((error: unknown) => logger.warn('jobs are not worked', { topic, error }))
      .finally(() => running.delete(topic));
    running.set(topic, work);
  };

  const timer = setInterval(() => Object.keys(handlers).forEach(look), everyMs);
  timer.unref();
  return {
    stop: async () => {
      stopping = true;
      clearInterval(timer);
      await Promise.all(running.values());
    },
  };
};
