import type { AuthDb, ServiceTx } from '@taar/db';
import type { Config } from '../config.ts';

type Db = Pick<AuthDb | ServiceTx<'auth'>, '$queryRaw'>;
export type SignInAccount = {
  id: string;
  firebaseUid: string;
  hasPin: boolean;
  suspended: boolean;
  deleted: boolean;
  /** Deleted, and signing in can still undo it. */
  restorable: boolean;
  /** Unused for so long that the number may belong to another person now. */
  idle: boolean;
};

/** The account that currently has a number. */
export const findAccount = async (db: Db, config: Config, phoneNumber: string) => {
  const [account] = await db.$queryRaw<SignInAccount[]>`
    SELECT person.id, person.firebase_uid AS "firebaseUid", pin.user_id IS NOT NULL AS "hasPin",
      state.suspended_at IS NOT NULL AS suspended,
      state.deleted_at IS NOT NULL AS deleted,
      coalesce(state.erase_after > now(), false) AS restorable,
      greatest(person.created_at, person.last_seen,
        (SELECT max(last_used_at) FROM sessions WHERE user_id = person.id))
        < now() - ${config.NUMBER_IDLE_DAYS} * interval '1 day' AS idle
    FROM users person
    LEFT JOIN user_state state ON state.user_id = person.id
    LEFT JOIN user_pins pin ON pin.user_id = person.id
    WHERE person.phone_number = ${phoneNumber}`;
  return account;
};
