import type { ServiceTx } from '@taar/db';
import type { Job } from '@taar/runtime/outbox/job';
import { enqueue } from '@taar/runtime/outbox/enqueue';
import { type FirebaseChange, topics } from '@taar/runtime/topics';
import type { Deps } from '../deps.ts';
import { FirebaseRejection } from '../firebase/breaker.ts';

type Needs = Pick<Deps, 'db' | 'firebaseAdmin'>;

/** Ends what Firebase itself issued for an account, in the transaction that ends its sessions. */
export const enqueueFirebaseRevocation = async (tx: ServiceTx<'auth'>, userId: string) => {
  const { firebaseUid: uid } = await tx.user.findUniqueOrThrow({ where: { id: userId } });
  await enqueue(tx, {
    topic: topics.firebaseAccount,
    key: userId,
    payload: { action: 'revoke', uid } satisfies FirebaseChange,
  });
};

/** The same number comes back under the same uid, which is then somebody's again. */
const isReused = async (db: Deps['db'], userId: string, uid: string) =>
  (await db.user.count({ where: { firebaseUid: uid, id: { not: userId } } })) > 0;

const change = async (
  { db, firebaseAdmin }: Needs,
  userId: string,
  { action, uid }: FirebaseChange,
) => {
  if (action === 'revoke') await firebaseAdmin.revokeRefreshTokens(uid);
  else if (action !== 'delete') await firebaseAdmin.setDisabled(uid, action === 'disable');
  else if (!(await isReused(db, userId, uid))) await firebaseAdmin.deleteUser(uid);
};

/** Has Firebase follow what became of an account. */
export const updateFirebaseAccount = async (deps: Needs, { key, payload }: Job) => {
  try {
    await change(deps, key, payload as FirebaseChange);
  } catch (error) {
    const isGone = error instanceof FirebaseRejection && error.message === 'auth/user-not-found';
    if (!isGone) throw error;
  }
};
