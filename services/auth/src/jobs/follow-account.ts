import type { ServiceTx } from '@taar/db';
import { type Job, enqueue } from '@taar/runtime/jobs';
import { type FirebaseChange, topics } from '@taar/runtime/topics';
import type { Deps } from '../deps.ts';
import { Refusal } from '../firebase/guard.ts';

type Needs = Pick<Deps, 'db' | 'admin'>;

/** Ends what Firebase itself issued for an account, in the transaction that ends its sessions. */
export const revokeAtFirebase = async (tx: ServiceTx<'auth'>, userId: string) => {
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

const change = async ({ db, admin }: Needs, userId: string, { action, uid }: FirebaseChange) => {
  if (action === 'revoke') await admin.revokeRefreshTokens(uid);
  else if (action !== 'delete') await admin.setDisabled(uid, action === 'disable');
  else if (!(await isReused(db, userId, uid))) await admin.deleteUser(uid);
};

/** Has Firebase follow what became of an account. */
export const followAccount = async (deps: Needs, { key, payload }: Job) => {
  try {
    await change(deps, key, payload as FirebaseChange);
  } catch (error) {
    const isGone = error instanceof Refusal && error.message === 'auth/user-not-found';
    if (!isGone) throw error;
  }
};
