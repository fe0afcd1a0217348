import type { ChatDb } from '@taar/db';
import type { Job } from '@taar/runtime/outbox/job';

/** The result of one attempt to send a push. */
export type PushResult = {
  job: Pick<Job, 'id' | 'attempts'>;
  attemptId: string | null;
  sessionId: string;
  /** Final state; null if the push is sent again after `retryAfterMs`. */
  state: 'accepted' | 'failed' | 'skipped' | null;
  providerId?: string;
  error?: string;
  /** A push token that FCM does not accept any longer; it is deleted. */
  deadToken?: string;
  retryAfterMs?: number;
};

const maxErrorLength = 255;

/**
 * Settles jobs, updates the push attempts and deletes dead tokens, by one statement. A job that
 * carries a push token is deleted when it is settled.
 */
export const recordResults = (db: Pick<ChatDb, '$executeRaw'>, results: PushResult[]) => {
  const jobIds = results.map(({ job }) => job.id);
  const leases = results.map(({ job }) => job.attempts);
  const attemptIds = results.map(({ attemptId }) => attemptId);
  const sessionIds = results.map(({ sessionId }) => sessionId);
  const states = results.map(({ state }) => state);
  const providerIds = results.map(({ providerId }) => providerId ?? null);
  const errors = results.map(({ error }) => error?.slice(0, maxErrorLength) ?? null);
  const deadTokens = results.map(({ deadToken }) => deadToken ?? null);
  const delays = results.map(({ retryAfterMs }) => retryAfterMs ?? null);
  return db.$executeRaw`
    WITH result AS (
      SELECT *
      FROM unnest(
        ${jobIds}::bigint[],
        ${leases}::int[],
        ${attemptIds}::uuid[],
        ${sessionIds}::uuid[],
        ${states}::text[],
        ${providerIds}::text[],
        ${errors}::text[],
        ${deadTokens}::text[],
        ${delays}::float8[]
      ) AS result (
        job_id, lease, attempt_id, session_id, state, provider_id, error, dead_token, delay)
    ), attempts AS (
      -- The device may have confirmed the push before this statement: its state stays.
      UPDATE push_attempts attempt
      SET state = coalesce(result.state, attempt.state),
        provider_id = result.provider_id,
        error = result.error,
        at = clock_timestamp()
      FROM result
      WHERE attempt.id = result.attempt_id
        AND attempt.state = 'queued'
    ), tokens AS (
      UPDATE sessions session
      SET push_token = NULL, push_failed_at = clock_timestamp()
      FROM result
      WHERE session.id = result.session_id
        AND session.push_token = result.dead_token
    ), jobs_with_token AS (
      DELETE FROM outbox job
      USING result
      WHERE job.id = result.job_id
        AND result.state IS NOT NULL
        AND job.payload ? 'token'
    )
    UPDATE outbox job
    SET locked_until = NULL,
      last_error = result.error,
      done_at = CASE WHEN result.state IN ('accepted', 'skipped') THEN now() END,
      dead_at = CASE WHEN result.state = 'failed' THEN now() END,
      available_at = CASE
        WHEN result.state IS NULL THEN now() + result.delay * interval '1 ms'
        ELSE job.available_at
      END
    FROM result
    WHERE job.id = result.job_id
      AND job.attempts = result.lease
      AND NOT (result.state IS NOT NULL AND job.payload ? 'token')`;
};
