import type { FirebaseError } from 'firebase-admin/app';
import type { SendResponse } from 'firebase-admin/messaging';

/** What became of one push. */
export type Outcome =
  | { kind: 'accepted'; providerId: string }
  /** The token is of no use any more. */
  | { kind: 'dead_token'; error: string }
  /** FCM or the way to it is in trouble; `quota`: it wants to be left alone. */
  | { kind: 'later'; error: string; quota?: true }
  /** It would fail again in the same way; `alarm`: something is set up wrongly. */
  | { kind: 'refused'; error: string; alarm?: true };

const deadToken = new Set([
  'messaging/registration-token-not-registered',
  'messaging/invalid-registration-token',
]);
const quota = new Set([
  'messaging/message-rate-exceeded',
  'messaging/device-message-rate-exceeded',
  'messaging/topics-message-rate-exceeded',
]);
const refused = new Set([
  'messaging/invalid-argument',
  'messaging/invalid-payload',
  'messaging/invalid-data-payload-key',
  'messaging/payload-size-limit-exceeded',
  'messaging/invalid-options',
  'messaging/invalid-recipient',
]);
/** The token belongs to another Firebase project: it is good, and our credentials are not. */
const alarming = new Set(['messaging/mismatched-credential']);

const ofError = (error: FirebaseError): Outcome => {
  const { code } = error;
  // One code for a bad token and a bad message: only the words tell them apart.
  const isToken =
    code === 'messaging/invalid-argument' && /registration token/i.test(error.message);
  if (deadToken.has(code) || isToken) return { kind: 'dead_token', error: code };
  if (quota.has(code)) return { kind: 'later', error: code, quota: true };
  if (alarming.has(code)) return { kind: 'refused', error: code, alarm: true };
  return { kind: refused.has(code) ? 'refused' : 'later', error: code };
};

export const toOutcome = ({ success, messageId, error }: SendResponse): Outcome =>
  success
    ? { kind: 'accepted', providerId: messageId ?? '' }
    : error
      ? ofError(error)
      : { kind: 'later', error: 'unknown' };
