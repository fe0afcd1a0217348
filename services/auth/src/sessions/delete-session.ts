import { announceEnd } from '@taar/runtime/announce-end';
import { revokeSessions } from '@taar/runtime/sessions';
import type { Actor } from '@taar/kit/auth';
import { AppError } from '@taar/kit/errors';
import type { Deps } from '../deps.ts';

/** Signs one of my devices out; doing so twice changes nothing. */
export const deleteSession = async (
  deps: Pick<Deps, 'db' | 'redis' | 'publish' | 'sessions' | 'config' | 'logger'>,
  { userId }: Actor,
  { sessionId }: { sessionId: string },
) => {
  const mine = await deps.db.session.findFirst({ where: { id: sessionId, userId } });
  if (!mine) throw new AppError('session_not_found', 'No such session.');
  announceEnd(deps, await revokeSessions(deps.db, { userId, ids: [sessionId] }, 'removed'));
};
