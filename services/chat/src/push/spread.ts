import { randomUUID } from 'node:crypto';
import type { ChatDb } from '@taar/db';
import { type PushJob, pushTopic } from '@taar/runtime/push-jobs';
import type { Logger } from '@taar/kit/logger';
import { messageCreated } from '../core/push-jobs.ts';
import type { Deps } from '../deps.ts';
import { type Job, type NewMessageJob, readNewMessage } from './jobs.ts';
import { failJobs, takeJobs } from './queue.ts';
import { type Due, type Reason, type Recipient, listRecipients } from './recipients.ts';

/** Few at a time, as each may be of a group of a thousand. */
const batch = 25;
const maxAttempts = 5;

type Needs = {
  db: ChatDb;
  presence: Pick<Deps['presence'], 'sessions'>;
  views: Pick<Deps['views'], 'read'>;
  deviceWatermarks: Pick<Deps['deviceWatermarks'], 'read'>;
  logger: Logger;
  /** What connected devices have not got after this long is pushed to them. */
  laterMs: number;
  retryMs: number;
};

type Verdict = 'push' | 'later' | 'nothing' | Reason;

type Device = Recipient & { sessionId: string };
const hasDevice = (recipient: Recipient): recipient is Device => recipient.sessionId !== null;

/**
 * Who is in the foreground, looking at what, and which device has its message. Without Redis nobody
 * is there, so everyone is pushed, and what any device of somebody has is taken for enough.
 */
const lookAround = async (
  { presence, views, deviceWatermarks, logger }: Needs,
  recipients: Recipient[],
) => {
  const asked = recipients.filter((recipient) => !recipient.reason).filter(hasDevice);
  try {
    const live = await presence.sessions([...new Set(asked.map(({ userId }) => userId))]);
    const connected = asked.filter(({ sessionId }) => live.has(sessionId));
    const looking = await views.read(connected.map(({ deviceId }) => deviceId!));
    const upTo = await deviceWatermarks.read(asked);
    const has = new Set<Recipient>(asked.filter(({ seq, read }, i) => read || upTo[i]! >= seq));
    return { live, looking, has };
  } catch (error) {
    logger.debug('presence could not be read', { error });
    const has = new Set(recipients.filter(({ delivered }) => delivered));
    return { live: new Set<string>(), looking: new Map<string, string[]>(), has };
  }
};

const judge = (
  recipient: Recipient,
  { body }: Due,
  { live, looking, has }: Awaited<ReturnType<typeof lookAround>>,
): Verdict => {
  const { reason, sessionId, deviceId, chatId } = recipient;
  if (has.has(recipient) && body.later) return 'nothing';
  if (reason) return reason;
  if (!live.has(sessionId!)) return 'push';
  if (has.has(recipient) || body.mentioned) return 'nothing';
  if (!body.later) return 'later';
  return looking.get(deviceId!)?.includes(chatId) ? 'viewing' : 'push';
};

type Entry = Recipient & { attemptId: string; verdict: Verdict; requestId: string | null };

type Draft = {
  topic: string;
  key: string;
  payload: object;
  requestId: string | null;
  waitMs: number;
};

const toPush = ({ platform, attemptId, sessionId, messageId, requestId }: Entry): Draft => ({
  topic: pushTopic(platform!),
  key: sessionId!,
  payload: { kind: 'message', attemptId, sessionId: sessionId!, messageId } satisfies PushJob,
  requestId,
  waitMs: 0,
});

/** All of it or nothing: a process that dies here leaves the jobs as they were. */
const store = async ({ db, laterMs }: Needs, due: Due[], entries: Entry[]) => {
  const recorded = entries.filter(({ verdict }) => verdict !== 'later' && verdict !== 'nothing');
  const pushes = recorded.filter(({ verdict }) => verdict === 'push').map(toPush);
  const postponed = new Map(
    entries
      .filter(({ verdict }) => verdict === 'later')
      .map(({ jobId, chatId, messageId, requestId }): [bigint, Draft] => [
        jobId,
        {
          topic: messageCreated,
          key: chatId,
          payload: { messageId, later: true } satisfies NewMessageJob,
          requestId,
          waitMs: laterMs,
        },
      ]),
  );
  const drafts = [...pushes, ...postponed.values()];
  await db.$executeRaw`
    WITH done AS (
      DELETE FROM outbox WHERE id = ANY(${due.map(({ job }) => job.id)}::bigint[])
    ), recorded AS (
      INSERT INTO push_attempts (id, message_id, user_id, session_id, state, error)
      SELECT id, message_id, user_id, session_id, CASE verdict WHEN 'push' THEN 'queued' ELSE 'skipped' END,
        nullif(verdict, 'push')
      FROM unnest(${recorded.map(({ attemptId }) => attemptId)}::uuid[], ${recorded.map(({ messageId }) => messageId)}::uuid[],
        ${recorded.map(({ userId }) => userId)}::uuid[], ${recorded.map(({ sessionId }) => sessionId)}::uuid[],
        ${recorded.map(({ verdict }) => verdict)}::text[]) AS t(id, message_id, user_id, session_id, verdict)
    )
    INSERT INTO outbox (topic, key, payload, request_id, available_at)
    SELECT topic, key, payload, request_id, now() + wait * interval '1 ms'
    FROM unnest(${drafts.map(({ topic }) => topic)}::text[], ${drafts.map(({ key }) => key)}::uuid[],
      ${drafts.map(({ payload }) => JSON.stringify(payload))}::jsonb[],
      ${drafts.map(({ requestId }) => requestId)}::uuid[], ${drafts.map(({ waitMs }) => waitMs)}::float8[]
    ) AS t(topic, key, payload, request_id, wait)`;
  return pushes.length;
};

/**
 * Turns new messages into a push for every device that is to hear of them, and says why not for
 * the others. A device in the foreground gets the message by its socket; only what it has not
 * got a while later is pushed. Answers how many pushes it queued, and whether there may be more.
 */
export const createSpread = (needs: Needs) => {
  const { db, logger, retryMs } = needs;
  const fail = (jobs: Job[], error: string) =>
    failJobs(db, jobs, error, { baseMs: retryMs, maxAttempts });

  const spread = async (due: Due[]): Promise<number> => {
    try {
      const recipients = await listRecipients(db, due);
      const around = await lookAround(needs, recipients);
      const byJob = new Map(due.map((one) => [one.job.id, one]));
      const entries = recipients.map((recipient) => ({
        ...recipient,
        attemptId: randomUUID(),
        verdict: judge(recipient, byJob.get(recipient.jobId)!, around),
        requestId: byJob.get(recipient.jobId)!.job.requestId,
      }));
      return await store(needs, due, entries);
    } catch (error) {
      // One that cannot be worked must not hold the others.
      if (due.length > 1) {
        const half = due.length >> 1;
        return (await spread(due.slice(0, half))) + (await spread(due.slice(half)));
      }
      logger.warn('a push could not be worked out', { error });
      await fail(
        due.map(({ job }) => job),
        String(error),
      );
      return 0;
    }
  };

  return async (): Promise<{ queued: number; more: boolean }> => {
    const jobs = await takeJobs(db, messageCreated, batch);
    const due = jobs.flatMap((job) => {
      const body = readNewMessage(job);
      return body ? [{ job, body }] : [];
    });
    const bad = jobs.filter((job) => !readNewMessage(job));
    if (bad.length > 0) await fail(bad, 'The payload is not one of a message.');
    const queued = due.length > 0 ? await spread(due) : 0;
    return { queued, more: jobs.length === batch };
  };
};
