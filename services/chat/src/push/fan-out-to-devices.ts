import { randomUUID } from 'node:crypto';
import type { ChatDb } from '@taar/db';
import type { Logger } from '@taar/kit/logger';
import { type BatchSettings, createBatchWorker } from '@taar/runtime/outbox/batch-worker';
import type { Job } from '@taar/runtime/outbox/job';
import { messageCreated } from '../core/push-jobs.ts';
import { type Decision, type Delivery, decidePush } from './decide-push.ts';
import { type Recipient, listRecipients } from './list-recipients.ts';
import { type NewMessage, parseNewMessage } from './push-payloads.ts';
import { storeFanOut } from './store-fan-out.ts';

/** Readers of the devices' present state in Redis. They throw while Redis is away. */
export type DeviceState = {
  /** Sessions of these users that are in the foreground. */
  readLiveSessions: (userIds: string[]) => Promise<Set<string>>;
  /** Chats that each of these devices has open. */
  readViews: (deviceIds: string[]) => Promise<Map<string, string[]>>;
  /** Up to which message each device confirmed delivery in its chat; 0 if it confirmed none. */
  readDeviceWatermarks: (asked: { sessionId: string; chatId: string }[]) => Promise<number[]>;
};

type Needs = DeviceState & {
  db: ChatDb;
  logger: Logger;
  /** A device in the foreground that has not confirmed a message after this time is notified. */
  laterMs: number;
  wakePlatformWorkers: () => void;
};

/** The most that are worked at once: each message may be of a group with a thousand members. */
const batchSize = 25;

/** Works `message.created` jobs. */
export const createFanOutWorker = (queue: BatchSettings, needs: Needs) =>
  createBatchWorker({
    ...queue,
    name: messageCreated,
    topic: messageCreated,
    batchSize,
    parse: parseNewMessage,
    handle: (jobs) => fanOutToDevices(needs, jobs),
  });

/**
 * Makes of each new message one push for every device to notify, and records for the others why
 * they get none. For devices in the foreground it decides again after a while.
 */
const fanOutToDevices = async (needs: Needs, jobs: Job<NewMessage>[]) => {
  const recipients = await listRecipients(needs.db, jobs);
  const delivery = await readDelivery(needs, recipients);
  const jobsById = new Map(jobs.map((job) => [job.id, job]));
  const decisions = recipients.map((recipient): Decision => {
    const { payload, requestId } = jobsById.get(recipient.jobId)!;
    const outcome = decidePush(recipient, payload, delivery);
    return { ...recipient, attemptId: randomUUID(), requestId, outcome };
  });
  const queued = await storeFanOut(needs, jobs, decisions);
  if (queued > 0) needs.wakePlatformWorkers();
};

/**
 * Without Redis no device counts as in the foreground, and a message that any device of the user
 * has counts as delivered to all of them.
 */
const readDelivery = async (needs: Needs, recipients: Recipient[]): Promise<Delivery> => {
  const asked = recipients.filter(({ suppression }) => !suppression).filter(hasDevice);
  try {
    const live = await needs.readLiveSessions([...new Set(asked.map(({ userId }) => userId))]);
    const inForeground = asked.filter(({ sessionId }) => live.has(sessionId));
    const views = await needs.readViews(inForeground.map(({ deviceId }) => deviceId!));
    const watermarks = await needs.readDeviceWatermarks(asked);
    const delivered = asked.filter(({ seq, read }, i) => read || watermarks[i]! >= seq);
    return { live, views, delivered: new Set(delivered) };
  } catch (error) {
    needs.logger.debug('The state of devices could not be read from Redis.', { error });
    const delivered = new Set(recipients.filter((recipient) => recipient.delivered));
    return { live: new Set(), views: new Map(), delivered };
  }
};

type Device = Recipient & { sessionId: string };
const hasDevice = (recipient: Recipient): recipient is Device => recipient.sessionId !== null;
