import type { ChatDb } from '@taar/db';
import { messageRead, notifiedDevices } from '../core/push-jobs.ts';
import type { Deps } from '../deps.ts';
import { type Job, type ReadingJob, readReading } from './jobs.ts';
import { failJobs, takeJobs } from './queue.ts';

const batch = 500;
const maxAttempts = 5;

type Needs = { db: ChatDb; presence: Pick<Deps['presence'], 'sessions'>; retryMs: number };
type Reading = { job: Job; body: ReadingJob };

/** What a device read in a chat becomes one dismissal for each other one, as far as it is read by now. */
const withdraw = async ({ db, presence }: Needs, readings: Reading[]) => {
  const bodies = readings.map(({ body }) => body);
  // Who is in the foreground was told by their socket.
  const live = await presence
    .sessions([...new Set(bodies.map(({ userId }) => userId))])
    .catch(() => new Set<string>());
  await db.$executeRaw`
    WITH worked AS (
      DELETE FROM outbox WHERE id = ANY(${readings.map(({ job }) => job.id)}::bigint[])
    ), reading AS (
      SELECT user_id, chat_id, session_id, min(from_seq) AS from_seq
      FROM unnest(${bodies.map(({ userId }) => userId)}::uuid[], ${bodies.map(({ chatId }) => chatId)}::uuid[],
        ${bodies.map(({ sessionId }) => sessionId)}::uuid[], ${bodies.map(({ fromSeq }) => fromSeq)}::bigint[]
      ) AS t(user_id, chat_id, session_id, from_seq)
      GROUP BY user_id, chat_id, session_id
    ), covered AS (
      -- What was read since and is not due yet: whoever sees the job sees how far it is read.
      DELETE FROM outbox o USING reading r WHERE o.topic = ${messageRead} AND o.key = r.user_id
        AND o.locked_until IS NULL AND o.payload->>'chatId' = r.chat_id::text
        AND o.payload->>'sessionId' = r.session_id::text
      RETURNING r.*, (o.payload->>'fromSeq')::bigint AS since
    ), step AS (
      -- One that failed before is put off to later, and may begin before those that are due.
      SELECT r.user_id, r.chat_id, r.session_id, least(r.from_seq, min(c.since)) AS from_seq
      FROM reading r LEFT JOIN covered c USING (user_id, chat_id, session_id)
      GROUP BY r.user_id, r.chat_id, r.session_id, r.from_seq
    )
    INSERT INTO outbox (topic, key, payload)
    SELECT DISTINCT 'push.' || session.platform, session.id, jsonb_build_object('kind', 'dismiss',
      'sessionId', session.id, 'chatId', member.chat_id, 'upToSeq', member.last_read_seq)
    FROM step
    JOIN chat_members member ON member.chat_id = step.chat_id AND member.user_id = step.user_id
    JOIN messages message ON message.chat_id = step.chat_id
      AND message.seq > step.from_seq AND message.seq <= member.last_read_seq
    JOIN ${notifiedDevices}
    WHERE session.id <> step.session_id AND session.id <> ALL(${[...live]}::uuid[])`;
};

/** Takes notifications of what was read on one device off the others. */
export const createWithdrawal = (needs: Needs) => async (): Promise<boolean> => {
  const { db, retryMs } = needs;
  const jobs = await takeJobs(db, messageRead, batch);
  const readings = jobs.flatMap((job) => {
    const body = readReading(job);
    return body ? [{ job, body }] : [];
  });
  const bad = jobs.filter((job) => !readReading(job));
  const fail = (failed: Job[], error: string) =>
    failJobs(db, failed, error, { baseMs: retryMs, maxAttempts });
  if (bad.length > 0) await fail(bad, 'The payload is not one of a reading.');
  if (readings.length > 0)
    await withdraw(needs, readings).catch((error: unknown) =>
      fail(
        readings.map(({ job }) => job),
        String(error),
      ),
    );
  return jobs.length === batch;
};
