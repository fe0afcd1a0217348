import type { AuthDb, ServiceTx } from '@taar/db';
import { AppError } from '@taar/kit/errors';
import type { Config } from '../config.ts';
import type { Proof } from '../otp/proof.ts';

type Db = Pick<AuthDb | ServiceTx<'auth'>, '$queryRaw'>;
export type Account = {
  id: string;
  firebaseUid: string;
  hasPin: boolean;
  suspended: boolean;
  deleted: boolean;
  /** Its owner left, and may come back still. */
  leaving: boolean;
  /** Nothing was heard of it for so long that the number may be somebody else's by now. */
  idle: boolean;
};

/** The account that a number has at present. */
export const findAccount = async (db: Db, config: Config, phoneNumber: string) => {
  const [account] = await db.$queryRaw<Account[]>`
    SELECT u.id, u.firebase_uid AS "firebaseUid", p.user_id IS NOT NULL AS "hasPin",
      s.suspended_at IS NOT NULL AS suspended, s.deleted_at IS NOT NULL AS deleted,
      coalesce(s.erase_after > now(), false) AS leaving,
      greatest(u.created_at, u.last_seen,
        (SELECT max(last_used_at) FROM sessions WHERE user_id = u.id))
        < now() - ${config.NUMBER_IDLE_DAYS} * interval '1 day' AS idle
    FROM users u LEFT JOIN user_state s ON s.user_id = u.id LEFT JOIN user_pins p ON p.user_id = u.id
    WHERE u.phone_number = ${phoneNumber}`;
  return account;
};

/**
 * Whether the owner of the number may have the account that is there. The number alone proves
 * little where it seems to have changed hands; a PIN proves it, and lacking one they start anew.
 * `pin.unknown` is the owner's word that they do not know it. Whoever signs up rather than in after
 * leaving wants a new account.
 */
export const claimOf = (
  account: Account | undefined,
  { uid }: Pick<Proof, 'uid'>,
  pin: { proven: boolean; unknown: boolean },
  signingUp: boolean,
): 'none' | 'theirs' | 'not theirs' => {
  if (!account) return 'none';
  if (account.suspended) throw new AppError('account_suspended', 'The account is suspended.');
  if (account.deleted && (signingUp || !account.leaving)) return 'not theirs';
  const changedHands = account.firebaseUid !== uid || account.idle;
  if (!account.hasPin) return changedHands ? 'not theirs' : 'theirs';
  if (pin.proven) return 'theirs';
  if (changedHands && pin.unknown) return 'not theirs';
  throw new AppError('pin_required', 'The account is protected by a PIN.', {
    canStartAnew: changedHands,
  });
};
