import type { ServiceTx } from '@taar/db';
import { enqueue } from '@taar/runtime/jobs';
import { type FirebaseChange, topics } from '@taar/runtime/topics';

const left = /^(gone|left):/;

/** Has Firebase follow what happens to an account, as long as it knows it. */
export const enqueueFirebaseChange = async (
  tx: ServiceTx<'user'>,
  userId: string,
  action: FirebaseChange['action'],
) => {
  const { firebaseUid: uid } = await tx.user.findUniqueOrThrow({ where: { id: userId } });
  if (left.test(uid)) return;
  await enqueue(tx, { topic: topics.firebaseAccount, key: userId, payload: { action, uid } });
};
