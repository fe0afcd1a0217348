import type { Input, Output, userRest } from '@taar/contracts';
import type { ServiceTx } from '@taar/db';
import type { Actor } from '@taar/kit/auth';
import { AppError } from '@taar/kit/errors';
import { enqueue } from '@taar/runtime/outbox/enqueue';
import { revokeSessions } from '@taar/runtime/sessions/revoke-sessions';
import { topics } from '@taar/runtime/topics';
import type { Deps } from '../deps.ts';

type DeleteMe = typeof userRest.deleteMe;
type Tx = ServiceTx<'user'>;

/** Ends all sessions at once, and erases the account when the time to undo the deletion is over. */
export const deleteMe = async (
  { db, announceEnd, config }: Pick<Deps, 'db' | 'announceEnd' | 'config'>,
  actor: Actor,
  { deleteMessages = false }: Input<DeleteMe>,
): Promise<Output<DeleteMe>> => {
  const { userId } = actor;
  const { eraseAfter, ended } = await db.$transaction(async (tx) => {
    await assertRecentSignIn(tx, actor, config.FRESH_SIGN_IN_SECONDS);
    await tx.user.update({ where: { id: userId }, data: { isOnline: false } });
    await enqueue(tx, {
      topic: topics.eraseUser,
      key: userId,
      payload: { deleteMessages },
      afterSeconds: config.UNDO_SECONDS,
    });
    const ended = await revokeSessions(tx, { userId }, 'account_gone');
    return { ended, eraseAfter: await markAsDeleted(tx, userId, config.UNDO_SECONDS) };
  });
  announceEnd(ended);
  return { eraseAfter };
};

/** Deletion takes a new proof of the number: an unlocked phone in wrong hands is not enough. */
const assertRecentSignIn = async (tx: Tx, { sessionId }: Actor, maxAgeSeconds: number) => {
  const recent = await tx.$queryRaw<unknown[]>`
    SELECT FROM sessions
    WHERE id = ${sessionId}::uuid
      AND created_at > now() - ${maxAgeSeconds}::int * interval '1 s'`;
  if (recent.length === 0) throw new AppError('forbidden', 'Sign in again to delete the account.');
};

const markAsDeleted = async (tx: Tx, userId: string, undoSeconds: number) => {
  const [state] = await tx.$queryRaw<{ eraseAfter: Date }[]>`
    INSERT INTO user_state AS state (user_id, deleted_at, erase_after)
    VALUES (${userId}::uuid, now(), now() + ${undoSeconds}::int * interval '1 s')
    ON CONFLICT (user_id) DO UPDATE
      SET deleted_at = excluded.deleted_at, erase_after = excluded.erase_after
    RETURNING erase_after AS "eraseAfter"`;
  return state!.eraseAfter.toISOString();
};
