import type { Job, OutboxDb } from './job.ts';

/** Largest value that the column `attempts` holds. */
const maxAttemptsStored = 32_000;
const maxErrorLength = 500;

/** Leases due jobs to this worker, oldest first; jobs that another worker holds are skipped. */
export const leaseJobs = (db: OutboxDb, topics: string[], limit: number, leaseMs: number) =>
  db.$queryRaw<Job<unknown>[]>`
    WITH due AS MATERIALIZED (
      SELECT id, locked_until IS NOT NULL AS was_abandoned
      FROM outbox
      WHERE topic = ANY(${topics})
        AND done_at IS NULL
        AND dead_at IS NULL
        AND available_at <= now()
        AND (locked_until IS NULL OR locked_until <= now())
      ORDER BY available_at, id
      LIMIT ${limit}::int
      FOR UPDATE SKIP LOCKED
    )
    UPDATE outbox job
    SET attempts = least(attempts + 1, ${maxAttemptsStored}),
      locked_until = now() + ${leaseMs}::float8 * interval '1 ms'
    FROM due
    WHERE job.id = due.id
    RETURNING job.id, job.topic, job.key, job.payload, job.attempts,
      job.request_id AS "requestId", due.was_abandoned AS "wasAbandoned",
      extract(epoch FROM now() - job.created_at)::float8 * 1000 AS "ageMs"`;

type Lease = Pick<Job<unknown>, 'id' | 'attempts'>;
const idsOf = (leases: Lease[]) => leases.map(({ id }) => id);
const attemptsOf = (leases: Lease[]) => leases.map(({ attempts }) => attempts);

/** Leases that ended, or that another worker took over, stay as they are. */
export const renewLeases = (db: OutboxDb, leases: Lease[], leaseMs: number) => db.$executeRaw`
  UPDATE outbox job
  SET locked_until = now() + ${leaseMs}::float8 * interval '1 ms'
  FROM unnest(${idsOf(leases)}::bigint[], ${attemptsOf(leases)}::int[]) AS lease (id, attempts)
  WHERE job.id = lease.id
    AND job.attempts = lease.attempts
    AND job.locked_until IS NOT NULL
    AND job.done_at IS NULL
    AND job.dead_at IS NULL`;

export const completeJob = (db: OutboxDb, { id, attempts }: Lease) => db.$executeRaw`
  UPDATE outbox
  SET done_at = now(), locked_until = NULL
  WHERE id = ${id} AND attempts = ${attempts}::int`;

export const retryJob = (
  db: OutboxDb,
  { id, attempts }: Lease,
  { error, afterMs }: { error: string; afterMs: number },
) => db.$executeRaw`
  UPDATE outbox
  SET locked_until = NULL,
    last_error = ${error.slice(0, maxErrorLength)},
    available_at = now() + ${afterMs}::float8 * interval '1 ms'
  WHERE id = ${id} AND attempts = ${attempts}::int`;

/** Gives a job up. The row stays, so that operators find the job and its error. */
export const moveToDeadLetter = (
  db: OutboxDb,
  { id, attempts }: Lease,
  error: string | null,
) => db.$executeRaw`
  UPDATE outbox
  SET locked_until = NULL,
    last_error = coalesce(${error?.slice(0, maxErrorLength) ?? null}, last_error),
    dead_at = now()
  WHERE id = ${id} AND attempts = ${attempts}::int`;

/** How many jobs are due, and for how long the oldest of them has been. */
export const readBacklog = async (db: OutboxDb, topics: string[]) => {
  const [backlog] = await db.$queryRaw<{ due: number; oldestMs: number }[]>`
    SELECT count(*)::int AS due,
      coalesce(extract(epoch FROM now() - min(available_at)), 0)::float8 * 1000 AS "oldestMs"
    FROM outbox
    WHERE topic = ANY(${topics})
      AND done_at IS NULL
      AND dead_at IS NULL
      AND available_at <= now()`;
  return backlog!;
};
