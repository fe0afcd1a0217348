import type { Job } from '@taar/runtime/outbox/job';
import type { FirebaseChange } from '@taar/runtime/topics';
import type { Deps } from '../deps.ts';
import { FirebaseRejection } from '../firebase/breaker.ts';

type Needs = Pick<Deps, 'db' | 'firebaseAdmin'>;

/** Applies a change of an account to its Firebase account. A missing one needs no change. */
export const updateFirebaseAccount = async (deps: Needs, { key, payload }: Job) => {
  try {
    await apply(deps, key, payload as FirebaseChange);
  } catch (error) {
    const isMissing = error instanceof FirebaseRejection && error.message === 'auth/user-not-found';
    if (!isMissing) throw error;
  }
};

const apply = async (
  { db, firebaseAdmin }: Needs,
  userId: string,
  { action, uid }: FirebaseChange,
) => {
  if (action === 'revoke') await firebaseAdmin.revokeRefreshTokens(uid);
  else if (action !== 'delete') await firebaseAdmin.setDisabled(uid, action === 'disable');
  else if (!(await isUsedByOther(db, userId, uid))) await firebaseAdmin.deleteUser(uid);
};

/** A new account for the number of an erased one has the same Firebase account. */
const isUsedByOther = async (db: Deps['db'], userId: string, uid: string) =>
  (await db.user.count({ where: { firebaseUid: uid, id: { not: userId } } })) > 0;
