import type { ChatDb } from '@taar/db';
import type { Job } from './jobs.ts';

type Db = Pick<ChatDb, '$queryRaw' | '$executeRaw'>;

/** Longer than any send may take: whoever holds a job for longer has died. */
const leaseSeconds = 60;
const maxBackoffMs = 10 * 60_000;

/** Takes jobs that are due; what another process holds is passed over. */
export const takeJobs = (db: Db, topic: string, limit: number): Promise<Job[]> =>
  db.$queryRaw<Job[]>`
    UPDATE outbox SET attempts = least(attempts + 1, 32000),
      locked_until = now() + ${leaseSeconds} * interval '1 s'
    WHERE id IN (
      SELECT id FROM outbox
      WHERE topic = ${topic} AND done_at IS NULL AND dead_at IS NULL AND available_at <= now()
        AND (locked_until IS NULL OR locked_until <= now())
      ORDER BY available_at, id LIMIT ${limit}::int FOR UPDATE SKIP LOCKED)
    RETURNING id, attempts, payload, request_id AS "requestId",
      extract(epoch FROM now() - created_at)::float8 * 1000 AS "ageMs"`;

/** How long to wait before the next try: twice as long each time, and never all at once. */
export const backoffMs = (attempts: number, baseMs: number) =>
  Math.min(baseMs * 2 ** (attempts - 1), maxBackoffMs) * (0.75 + Math.random() / 2);

/** Puts jobs that failed by themselves aside until later, and for good after too many tries. */
export const failJobs = async (
  db: Db,
  jobs: Job[],
  error: string,
  { baseMs, maxAttempts }: { baseMs: number; maxAttempts: number },
) => {
  const waits = jobs.map(({ attempts }) =>
    attempts >= maxAttempts ? null : backoffMs(attempts, baseMs),
  );
  await db.$executeRaw`
    UPDATE outbox o SET locked_until = NULL, last_error = ${error.slice(0, 500)},
      dead_at = CASE WHEN t.wait IS NULL THEN now() END,
      available_at = now() + coalesce(t.wait, 0) * interval '1 ms'
    FROM unnest(${jobs.map(({ id }) => id)}::bigint[], ${waits}::float8[]) AS t(id, wait)
    WHERE o.id = t.id`;
};
