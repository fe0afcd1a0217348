import type { FirebaseError } from 'firebase-admin/app';

/** What became of one push. */
export type Outcome =
  | { kind: 'accepted'; providerId: string }
  /** The token is of no use any more. */
  | { kind: 'dead_token'; error: string }
  /** FCM or the way to it is in trouble; it asked for `waitMs` of peace. */
  | { kind: 'later'; error: string; waitMs: number }
  /** It would fail again in the same way; `alarm`: something is set up wrongly. */
  | { kind: 'refused'; error: string; alarm?: true };

const deadToken = new Set([
  'messaging/registration-token-not-registered',
  'messaging/invalid-registration-token',
]);
/** FCM asks for a minute where it says no other time. */
const quotaWaitMs = 60_000;
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

/** What a failure means, where FCM asked for `waitMs` of peace. */
export const toOutcome = (thrown: unknown, waitMs: number): Outcome => {
  const { code, message } = thrown as Partial<FirebaseError>;
  if (code === undefined) return { kind: 'later', error: String(thrown).slice(0, 200), waitMs };
  // One code for a bad token and a bad message: only the words tell them apart.
  const isToken =
    code === 'messaging/invalid-argument' && /registration token/i.test(message ?? '');
  if (deadToken.has(code) || isToken) return { kind: 'dead_token', error: code };
  if (quota.has(code)) return { kind: 'later', error: code, waitMs: waitMs || quotaWaitMs };
  if (alarming.has(code)) return { kind: 'refused', error: code, alarm: true };
  return refused.has(code)
    ? { kind: 'refused', error: code }
    : { kind: 'later', error: code, waitMs };
};
