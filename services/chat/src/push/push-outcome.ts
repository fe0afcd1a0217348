import type { FirebaseError } from 'firebase-admin/app';

/** The answer of FCM to one push. */
export type PushOutcome =
  | { kind: 'accepted'; providerId: string }
  /** The device does not exist any longer under this token. */
  | { kind: 'dead_token'; error: string }
  /** FCM is unavailable or a quota is exceeded; it asked for no call within `waitMs`. */
  | { kind: 'later'; error: string; waitMs: number }
  /** A retry would fail alike. `needsOperator`: the configuration is wrong. */
  | { kind: 'rejected'; error: string; needsOperator?: true };

const deadTokenCodes = new Set([
  'messaging/registration-token-not-registered',
  'messaging/invalid-registration-token',
]);
/** The wait that FCM's documentation asks for where the answer names none. */
const quotaWaitMs = 60_000;
const quotaCodes = new Set([
  'messaging/message-rate-exceeded',
  'messaging/device-message-rate-exceeded',
  'messaging/topics-message-rate-exceeded',
]);
const rejectedCodes = new Set([
  'messaging/invalid-argument',
  'messaging/invalid-payload',
  'messaging/invalid-data-payload-key',
  'messaging/payload-size-limit-exceeded',
  'messaging/invalid-options',
  'messaging/invalid-recipient',
]);
/** The token belongs to another Firebase project: the token is valid, our credentials are wrong. */
const credentialCodes = new Set(['messaging/mismatched-credential']);

/** Classifies an error of the SDK; FCM asked for no call within `waitMs`. */
export const toOutcome = (thrown: unknown, waitMs: number): PushOutcome => {
  const { code, message } = thrown as Partial<FirebaseError>;
  if (code === undefined) return { kind: 'later', error: String(thrown).slice(0, 200), waitMs };
  // The code is the same for an invalid token and an invalid message: only the text differs.
  const isInvalidToken =
    code === 'messaging/invalid-argument' && /registration token/i.test(message ?? '');
  if (deadTokenCodes.has(code) || isInvalidToken) return { kind: 'dead_token', error: code };
  if (quotaCodes.has(code)) return { kind: 'later', error: code, waitMs: waitMs || quotaWaitMs };
  if (credentialCodes.has(code)) return { kind: 'rejected', error: code, needsOperator: true };
  return rejectedCodes.has(code)
    ? { kind: 'rejected', error: code }
    : { kind: 'later', error: code, waitMs };
};
