import type { ServiceTx } from '@taar/db';
import { enqueue } from '@taar/runtime/outbox/enqueue';
import { type FirebaseChange, topics } from '@taar/runtime/topics';

type Tx = Pick<ServiceTx<'status'>, '$executeRaw'> & {
  user: Pick<ServiceTx<'user'>['user'], 'findUniqueOrThrow'>;
};

/** Uids that replace the one of Firebase where an account lost it or was erased. */
const placeholderUid = /^(gone|left):/;

/** Has auth change the Firebase account of a user, if there is one. */
export const enqueueFirebaseChange = async (
  tx: Tx,
  userId: string,
  action: FirebaseChange['action'],
) => {
  const { firebaseUid: uid } = await tx.user.findUniqueOrThrow({ where: { id: userId } });
  if (placeholderUid.test(uid)) return;
  const payload: FirebaseChange = { action, uid };
  await enqueue(tx, { topic: topics.firebaseAccount, key: userId, payload });
};
