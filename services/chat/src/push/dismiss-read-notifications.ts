import type { ChatDb } from '@taar/db';
import { type BatchSettings, createBatchWorker } from '@taar/runtime/outbox/batch-worker';
import type { Job } from '@taar/runtime/outbox/job';
import { messageRead, notifiedDevices } from '../core/push-jobs.ts';
import type { DeviceState } from './fan-out-to-devices.ts';
import { type Reading, parseReading } from './push-payloads.ts';

type Needs = Pick<DeviceState, 'readLiveSessions'> & { db: ChatDb };

/** Works `message.read` jobs. */
export const createDismissalWorker = (queue: BatchSettings, needs: Needs) =>
  createBatchWorker({
    ...queue,
    name: messageRead,
    topic: messageRead,
    batchSize: 500,
    parse: parseReading,
    handle: (jobs) => dismissReadNotifications(needs, jobs),
  });

/**
 * Queues a push that removes notifications of messages that were read on another device: one for
 * each device and chat, up to the present read watermark. Devices in the foreground get the read
 * over their socket.
 */
const dismissReadNotifications = async (
  { db, readLiveSessions }: Needs,
  jobs: Job<Reading>[],
): Promise<void> => {
  const readings = jobs.map(({ payload }) => payload);
  const jobIds = jobs.map(({ id }) => id);
  const userIds = readings.map(({ userId }) => userId);
  const chatIds = readings.map(({ chatId }) => chatId);
  const sessionIds = readings.map(({ sessionId }) => sessionId);
  const fromSeqs = readings.map(({ fromSeq }) => fromSeq);
  const live = await readLiveSessions([...new Set(userIds)]).catch(() => new Set<string>());
  await db.$executeRaw`
    WITH done AS (
      DELETE FROM outbox
      WHERE id = ANY(${jobIds}::bigint[])
    ), reading AS (
      SELECT user_id, chat_id, session_id, min(from_seq) AS from_seq
      FROM unnest(
        ${userIds}::uuid[],
        ${chatIds}::uuid[],
        ${sessionIds}::uuid[],
        ${fromSeqs}::bigint[]
      ) AS job (user_id, chat_id, session_id, from_seq)
      GROUP BY user_id, chat_id, session_id
    ), covered AS (
      -- Jobs that are not due yet: their watermark is in the row that this statement reads.
      DELETE FROM outbox job
      USING reading
      WHERE job.topic = ${messageRead}
        AND job.key = reading.user_id
        AND job.locked_until IS NULL
        AND job.payload->>'chatId' = reading.chat_id::text
        AND job.payload->>'sessionId' = reading.session_id::text
      RETURNING reading.user_id, reading.chat_id, reading.session_id,
        (job.payload->>'fromSeq')::bigint AS from_seq
    ), range AS (
      -- A covered job that failed before may begin earlier than the jobs of this batch.
      SELECT reading.user_id, reading.chat_id, reading.session_id,
        least(reading.from_seq, min(covered.from_seq)) AS from_seq
      FROM reading
      LEFT JOIN covered USING (user_id, chat_id, session_id)
      GROUP BY reading.user_id, reading.chat_id, reading.session_id, reading.from_seq
    )
    INSERT INTO outbox (topic, key, payload)
    SELECT DISTINCT
      'push.' || session.platform,
      session.id,
      jsonb_build_object(
        'kind', 'dismiss',
        'sessionId', session.id,
        'chatId', member.chat_id,
        'upToSeq', member.last_read_seq)
    FROM range
    JOIN chat_members member
      ON member.chat_id = range.chat_id AND member.user_id = range.user_id
    JOIN messages message ON message.chat_id = range.chat_id
      AND message.seq > range.from_seq
      AND message.seq <= member.last_read_seq
    JOIN ${notifiedDevices}
    WHERE session.id <> range.session_id
      AND session.id <> ALL(${[...live]}::uuid[])`;
};
