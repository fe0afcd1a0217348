import type { ChatDb } from '@taar/db';
import type { Job } from './jobs.ts';

/** What is to be stored of one push after a try. */
export type Result = {
  job: Job;
  attemptId: string | null;
  sessionId: string;
  /** The way has come to its end like this; null where it is tried again. */
  state: 'accepted' | 'failed' | 'skipped' | null;
  providerId?: string;
  error?: string;
  /** A token that is of no use any more. */
  deadToken?: string;
  /** When to try again. */
  againMs?: number;
};

/** One statement: jobs, the record of their ways, and tokens to forget, in whichever they are. */
export const settle = (db: Pick<ChatDb, '$executeRaw'>, results: Result[]) => db.$executeRaw`
  WITH result AS (
    SELECT * FROM unnest(${results.map(({ job }) => job.id)}::bigint[],
      ${results.map(({ attemptId }) => attemptId)}::uuid[], ${results.map(({ sessionId }) => sessionId)}::uuid[],
      ${results.map(({ state }) => state)}::text[], ${results.map(({ providerId }) => providerId ?? null)}::text[],
      ${results.map(({ error }) => error?.slice(0, 255) ?? null)}::text[],
      ${results.map(({ deadToken }) => deadToken ?? null)}::text[], ${results.map(({ againMs }) => againMs ?? null)}::float8[]
    ) AS t(job_id, attempt_id, session_id, state, provider_id, error, dead_token, again_ms)
  ), attempts AS (
    -- The device may have said that it has it before we could write that it was sent.
    UPDATE push_attempts a SET state = coalesce(r.state, a.state), provider_id = r.provider_id,
      error = r.error, at = clock_timestamp()
    FROM result r WHERE a.id = r.attempt_id AND a.state = 'queued'
  ), tokens AS (
    UPDATE sessions s SET push_token = NULL, push_failed_at = clock_timestamp()
    FROM result r WHERE s.id = r.session_id AND s.push_token = r.dead_token
  ), tokens_told AS (
    DELETE FROM outbox o USING result r WHERE o.id = r.job_id AND r.state IS NOT NULL AND o.payload ? 'token'
  )
  UPDATE outbox o SET locked_until = NULL, last_error = r.error,
    done_at = CASE WHEN r.state IN ('accepted', 'skipped') THEN now() END,
    dead_at = CASE WHEN r.state = 'failed' THEN now() END,
    available_at = CASE WHEN r.state IS NULL THEN now() + r.again_ms * interval '1 ms' ELSE o.available_at END
  FROM result r WHERE o.id = r.job_id AND NOT (r.state IS NOT NULL AND o.payload ? 'token')`;
