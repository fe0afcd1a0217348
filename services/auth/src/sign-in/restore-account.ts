import type { ServiceTx } from '@taar/db';
import { topics } from '@taar/runtime/topics';
import { AppError } from '@taar/kit/errors';

/** Undoes the leaving of somebody who signs in while there is time. */
export const restoreAccount = async (
  tx: Pick<ServiceTx<'auth'>, '$executeRaw'>,
  userId: string,
) => {
  const back = await tx.$executeRaw`
    UPDATE user_state SET deleted_at = NULL, erase_after = NULL
    WHERE user_id = ${userId}::uuid AND erase_after > now()`;
  if (back === 0) throw new AppError('user_not_found', 'The number has no account: sign up.');
  await tx.$executeRaw`
    UPDATE outbox SET done_at = now()
    WHERE topic = ${topics.eraseUser} AND key = ${userId}::uuid AND done_at IS NULL`;
};
