import type { PushJob } from '@taar/runtime/push-jobs';

export type ReadingJob = { userId: string; sessionId: string; chatId: string; fromSeq: number };

export type NewMessageJob = {
  messageId: string;
  /** Looked at once before: what the devices that were connected then have not got is pushed. */
  later?: boolean;
  /** People whom an edit mentions now; nobody else hears of it again. */
  mentioned?: string[];
};

/** A row of the outbox as it was taken. */
export type Job = {
  id: bigint;
  attempts: number;
  payload: unknown;
  requestId: string | null;
  ageMs: number;
};

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const isId = (value: unknown): value is string => typeof value === 'string' && uuid.test(value);

/** Null for what cannot be worked, however often. */
export const readNewMessage = ({ payload }: Job): NewMessageJob | null => {
  const { messageId, mentioned } = (payload ?? {}) as Partial<NewMessageJob>;
  const isSound = isId(messageId) && (mentioned === undefined || mentioned.every(isId));
  return isSound ? (payload as NewMessageJob) : null;
};

export const readReading = ({ payload }: Job): ReadingJob | null => {
  const { userId, sessionId, chatId, fromSeq } = (payload ?? {}) as Partial<ReadingJob>;
  const isSound = [userId, sessionId, chatId].every(isId) && Number.isInteger(fromSeq);
  return isSound ? (payload as ReadingJob) : null;
};

export const readPush = ({ payload }: Job): PushJob | null => {
  const job = (payload ?? {}) as Partial<Record<string, unknown>>;
  const isSound =
    isId(job['sessionId']) &&
    ((job['kind'] === 'message' && isId(job['messageId']) && isId(job['attemptId'])) ||
      (job['kind'] === 'probe' && isId(job['attemptId'])) ||
      (job['kind'] === 'dismiss' && isId(job['chatId'])) ||
      (job['kind'] === 'session_added' && isId(job['addedId'])) ||
      (job['kind'] === 'session_revoked' && isId(job['revokedId'])));
  return isSound ? (payload as PushJob) : null;
};
