import type { ChatDb } from '@taar/db';
import type { Job } from '@taar/runtime/outbox/job';
import { type PushJob, pushTopic } from '@taar/runtime/push-jobs';
import { messageCreated } from '../core/push-jobs.ts';
import type { Decision } from './decide-push.ts';
import type { NewMessage } from './push-payloads.ts';

type Needs = { db: Pick<ChatDb, '$executeRaw'>; laterMs: number };
type NewJob = {
  topic: string;
  key: string;
  payload: object;
  requestId: string | null;
  delayMs: number;
};

/**
 * Replaces jobs of messages by push jobs and postponed jobs, and records a push attempt for each
 * decision, by one statement. Returns the number of push jobs.
 */
export const storeFanOut = async (
  { db, laterMs }: Needs,
  jobs: Job<NewMessage>[],
  decisions: Decision[],
): Promise<number> => {
  const pushes = decisions.filter(({ outcome }) => outcome === 'push').map(toPushJob);
  const postponed = new Map(
    decisions
      .filter(({ outcome }) => outcome === 'later')
      .map((decision) => [decision.jobId, toPostponedJob(decision, laterMs)]),
  );
  const recorded = decisions.filter(({ outcome }) => outcome !== 'later' && outcome !== 'none');
  await replaceJobs(db, jobs, recorded, [...pushes, ...postponed.values()]);
  return pushes.length;
};

const toPushJob = (decision: Decision): NewJob => {
  const { platform, attemptId, messageId, requestId } = decision;
  const sessionId = decision.sessionId!;
  const payload: PushJob = { kind: 'message', attemptId, sessionId, messageId };
  return { topic: pushTopic(platform!), key: sessionId, payload, requestId, delayMs: 0 };
};

const toPostponedJob = ({ chatId, messageId, requestId }: Decision, delayMs: number): NewJob => {
  const payload: NewMessage = { messageId, later: true };
  return { topic: messageCreated, key: chatId, payload, requestId, delayMs };
};

const replaceJobs = (
  db: Needs['db'],
  jobs: Job<NewMessage>[],
  recorded: Decision[],
  newJobs: NewJob[],
) => {
  const oldIds = jobs.map(({ id }) => id);
  const attemptIds = recorded.map(({ attemptId }) => attemptId);
  const messageIds = recorded.map(({ messageId }) => messageId);
  const userIds = recorded.map(({ userId }) => userId);
  const sessionIds = recorded.map(({ sessionId }) => sessionId);
  const outcomes = recorded.map(({ outcome }) => outcome);
  const topics = newJobs.map(({ topic }) => topic);
  const keys = newJobs.map(({ key }) => key);
  const payloads = newJobs.map(({ payload }) => JSON.stringify(payload));
  const requestIds = newJobs.map(({ requestId }) => requestId);
  const delays = newJobs.map(({ delayMs }) => delayMs);
  return db.$executeRaw`
    WITH done AS (
      DELETE FROM outbox
      WHERE id = ANY(${oldIds}::bigint[])
    ), recorded AS (
      INSERT INTO push_attempts (id, message_id, user_id, session_id, state, error)
      SELECT id, message_id, user_id, session_id,
        CASE outcome WHEN 'push' THEN 'queued' ELSE 'skipped' END,
        nullif(outcome, 'push')
      FROM unnest(
        ${attemptIds}::uuid[],
        ${messageIds}::uuid[],
        ${userIds}::uuid[],
        ${sessionIds}::uuid[],
        ${outcomes}::text[]
      ) AS attempt (id, message_id, user_id, session_id, outcome)
    )
    INSERT INTO outbox (topic, key, payload, request_id, available_at)
    SELECT topic, key, payload, request_id, now() + delay * interval '1 ms'
    FROM unnest(
      ${topics}::text[],
      ${keys}::uuid[],
      ${payloads}::jsonb[],
      ${requestIds}::uuid[],
      ${delays}::float8[]
    ) AS job (topic, key, payload, request_id, delay)`;
};
