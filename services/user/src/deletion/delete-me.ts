import type { Input, Output, userRest } from '@taar/contracts';
import type { ServiceTx } from '@taar/db';
import { enqueue } from '@taar/runtime/jobs';
import { revokeSessions } from '@taar/runtime/sessions';
import { topics } from '@taar/runtime/topics';
import type { Actor } from '@taar/kit/auth';
import { AppError } from '@taar/kit/errors';
import type { Deps } from '../deps.ts';

type DeleteMe = typeof userRest.deleteMe;
type Tx = ServiceTx<'user'>;

/** Whoever finds an unlocked phone must not end an account: the number is to be proven once more. */
const assertFresh = async (tx: Tx, { sessionId }: Actor, seconds: number) => {
  const fresh = await tx.$queryRaw<unknown[]>`
    SELECT FROM sessions WHERE id = ${sessionId}::uuid
      AND created_at > now() - ${seconds}::int * interval '1 s'`;
  if (fresh.length === 0)
    throw new AppError('forbidden', 'Sign in again, and leave within ten minutes of it.');
};

const markAsLeaving = async (tx: Tx, userId: string, undoSeconds: number) => {
  const [state] = await tx.$queryRaw<{ eraseAfter: Date }[]>`
    INSERT INTO user_state AS s (user_id, deleted_at, erase_after)
    VALUES (${userId}::uuid, now(), now() + ${undoSeconds}::int * interval '1 s')
    ON CONFLICT (user_id) DO UPDATE
      SET deleted_at = excluded.deleted_at, erase_after = excluded.erase_after
    RETURNING erase_after AS "eraseAfter"`;
  return state!.eraseAfter.toISOString();
};

/** Signs the person out everywhere at once; erases them when the time to undo has passed. */
export const deleteMe = async (
  { db, announceEnd, config }: Pick<Deps, 'db' | 'announceEnd' | 'config'>,
  actor: Actor,
  { deleteMessages = false }: Input<DeleteMe>,
): Promise<Output<DeleteMe>> => {
  const { userId } = actor;
  const { eraseAfter, ended } = await db.$transaction(async (tx) => {
    await assertFresh(tx, actor, config.FRESH_SIGN_IN_SECONDS);
    await tx.user.update({ where: { id: userId }, data: { isOnline: false } });
    await enqueue(tx, {
      topic: topics.eraseUser,
      key: userId,
      payload: { deleteMessages },
      afterSeconds: config.UNDO_SECONDS,
    });
    const ended = await revokeSessions(tx, { userId }, 'account_gone');
    return { ended, eraseAfter: await markAsLeaving(tx, userId, config.UNDO_SECONDS) };
  });
  announceEnd(ended);
  return { eraseAfter };
};
