import type { ServiceTx } from '@taar/db';
import { enqueue } from '@taar/runtime/outbox/enqueue';
import { revokeSessions } from '@taar/runtime/sessions/revoke-sessions';
import { topics } from '@taar/runtime/topics';

type Tx = ServiceTx<'auth'>;

/**
 * Takes an account out of use whose number has a new owner: it loses its number, profile and
 * sessions, and is erased. Its messages stay with their recipients. Returns the ids of the ended
 * sessions.
 */
export const retireAccount = async (tx: Tx, userId: string) => {
  const ended = await revokeSessions(tx, { userId }, 'account_gone');
  await tx.userPin.deleteMany({ where: { userId } });
  await tx.mediaLink.deleteMany({ where: { kind: 'avatar', refId: userId } });
  // Both columns are unique and not null. The number's column is too short for a whole id.
  const placeholder = `gone:${userId.replaceAll('-', '').slice(-15)}`;
  await tx.$executeRaw`
    UPDATE users
    SET phone_number = ${placeholder}, firebase_uid = ${`gone:${userId}`},
      name = 'Deleted account', about = NULL, avatar_url = NULL,
      is_online = false, last_seen = NULL, updated_at = now()
    WHERE id = ${userId}::uuid`;
  await tx.$executeRaw`
    UPDATE user_state
    SET deleted_at = coalesce(deleted_at, now()), erase_after = NULL
    WHERE user_id = ${userId}::uuid`;
  await eraseNow(tx, userId);
  return ended;
};

/** An account that its owner deleted has an erasure job already, which waits to be undone. */
const eraseNow = async (tx: Tx, userId: string) => {
  const waiting = await tx.$executeRaw`
    UPDATE outbox
    SET available_at = now()
    WHERE topic = ${topics.eraseUser}
      AND key = ${userId}::uuid
      AND done_at IS NULL
      AND dead_at IS NULL`;
  if (waiting === 0) await enqueue(tx, { topic: topics.eraseUser, key: userId });
};
