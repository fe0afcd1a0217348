import { isUuid } from '@taar/contracts';
import type { PushJob } from '@taar/runtime/push-jobs';

/** Payload of a `message.created` job. */
export type NewMessage = {
  messageId: string;
  /** The job was postponed once: devices that were in the foreground then are notified now. */
  later?: boolean;
  /** Members that an edit newly mentions; only they are notified. */
  mentioned?: string[];
};

/** Payload of a `message.read` job. */
export type Reading = { userId: string; sessionId: string; chatId: string; fromSeq: number };

export const parseNewMessage = (payload: unknown): NewMessage | null => {
  const { messageId, mentioned } = (payload ?? {}) as Partial<NewMessage>;
  const isValid = isUuid(messageId) && (mentioned === undefined || mentioned.every(isUuid));
  return isValid ? (payload as NewMessage) : null;
};

export const parseReading = (payload: unknown): Reading | null => {
  const { userId, sessionId, chatId, fromSeq } = (payload ?? {}) as Partial<Reading>;
  const isValid = [userId, sessionId, chatId].every(isUuid) && Number.isInteger(fromSeq);
  return isValid ? (payload as Reading) : null;
};

export const parsePush = (payload: unknown): PushJob | null => {
  const push = (payload ?? {}) as Partial<Record<string, unknown>>;
  const idFields = idFieldsByKind[push['kind'] as PushJob['kind']];
  const isValid = idFields && ['sessionId', ...idFields].every((field) => isUuid(push[field]));
  return isValid ? (payload as PushJob) : null;
};

const idFieldsByKind: Record<PushJob['kind'], string[]> = {
  message: ['messageId', 'attemptId'],
  probe: ['attemptId'],
  dismiss: ['chatId'],
  session_added: ['addedId'],
  session_revoked: ['revokedId'],
};
