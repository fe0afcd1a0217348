import type { Actor } from '@taar/kit/auth';
import { AppError } from '@taar/kit/errors';
import { revokeSessions } from '@taar/runtime/sessions/revoke-sessions';
import type { Deps } from '../deps.ts';

/** Ends a session of the caller's account. A repeated request changes nothing. */
export const deleteSession = async (
  { db, announceEnd }: Pick<Deps, 'db' | 'announceEnd'>,
  { userId }: Actor,
  { sessionId }: { sessionId: string },
) => {
  const session = await db.session.findFirst({ where: { id: sessionId, userId } });
  if (!session) throw new AppError('session_not_found', 'No such session.');
  announceEnd(await revokeSessions(db, { userId, ids: [sessionId] }, 'removed'));
};
