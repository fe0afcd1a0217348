import type { ServiceTx } from '@taar/db';
import { enqueue } from '@taar/runtime/outbox/enqueue';
import { type FirebaseChange, topics } from '@taar/runtime/topics';

/** Uids that auth and the erasure write to accounts without a Firebase account. */
const placeholderUid = /^(gone|left):/;

/** Has auth change the Firebase account of a user, if there is one. */
export const enqueueFirebaseChange = async (
  tx: ServiceTx<'user'>,
  userId: string,
  action: FirebaseChange['action'],
) => {
  const { firebaseUid: uid } = await tx.user.findUniqueOrThrow({ where: { id: userId } });
  if (placeholderUid.test(uid)) return;
  await enqueue(tx, { topic: topics.firebaseAccount, key: userId, payload: { action, uid } });
};
