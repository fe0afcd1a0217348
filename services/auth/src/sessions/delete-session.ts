import { revokeSessions } from '@taar/runtime/sessions';
import type { Actor } from '@taar/kit/auth';
import { AppError } from '@taar/kit/errors';
import type { Deps } from '../deps.ts';

/** Signs one of my devices out; doing so twice changes nothing. */
export const deleteSession = async (
  { db, announceEnd }: Pick<Deps, 'db' | 'announceEnd'>,
  { userId }: Actor,
  { sessionId }: { sessionId: string },
) => {
  const mine = await db.session.findFirst({ where: { id: sessionId, userId } });
  if (!mine) throw new AppError('session_not_found', 'No such session.');
  announceEnd(await revokeSessions(db, { userId, ids: [sessionId] }, 'removed'));
};
