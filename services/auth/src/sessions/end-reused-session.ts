import { enqueueFirebaseChange } from '@taar/domain/enqueue-firebase-change';
import { currentContext } from '@taar/kit/context';
import { AppError } from '@taar/kit/errors';
import { notifyOtherDevices } from '@taar/runtime/notify-other-devices';
import { revokeSessions } from '@taar/runtime/sessions/revoke-sessions';
import type { Deps } from '../deps.ts';

const reason = 'refresh_token_reused';

/**
 * Ends a session whose refresh token was reused: two parties hold it, and the server cannot tell
 * the owner from a thief. Returns the error for the caller.
 */
export const endReusedSession = async (
  { db, announceEnd }: Pick<Deps, 'db' | 'announceEnd'>,
  session: { id: string; userId: string },
) => {
  const ended = await db.$transaction(async (tx) => {
    const ids = await revokeSessions(tx, { ids: [session.id] }, reason);
    if (ids.length === 0) return ids;
    await notifyOtherDevices(tx, session, {
      kind: 'session_revoked',
      revokedId: session.id,
      reason,
    });
    await enqueueFirebaseChange(tx, session.userId, 'revoke');
    await tx.auditLog.create({
      data: {
        actor: `session:${session.id}`,
        action: reason,
        target: `user:${session.userId}`,
        requestId: currentContext()?.requestId ?? null,
      },
    });
    return ids;
  });
  announceEnd(ended);
  return new AppError(reason, 'The session has ended. Sign in again.', { action: 'soft_logout' });
};
