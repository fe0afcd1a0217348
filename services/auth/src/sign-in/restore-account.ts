import type { ServiceTx } from '@taar/db';
import { AppError } from '@taar/kit/errors';
import { topics } from '@taar/runtime/topics';

/** Undoes the deletion of an account whose owner signs in before it is erased. */
export const restoreAccount = async (
  tx: Pick<ServiceTx<'auth'>, '$executeRaw'>,
  userId: string,
) => {
  const restored = await tx.$executeRaw`
    UPDATE user_state
    SET deleted_at = NULL, erase_after = NULL
    WHERE user_id = ${userId}::uuid AND erase_after > now()`;
  if (restored === 0) throw new AppError('user_not_found', 'The number has no account. Sign up.');
  await tx.$executeRaw`
    UPDATE outbox
    SET done_at = now()
    WHERE topic = ${topics.eraseUser} AND key = ${userId}::uuid AND done_at IS NULL`;
};
