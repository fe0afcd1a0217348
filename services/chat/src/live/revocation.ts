import type { ChatDb } from '@taar/db';
import type { Logger } from '@taar/kit/logger';
import { repeat } from '@taar/kit/repeat';
import type { Server } from 'socket.io';
import { closeSession } from './sessions.ts';

const pollMs = 5_000;

/**
 * Closes the sockets of sessions that have ended. Reading the database every five seconds holds
 * without Redis too, where a hint to close may be lost.
 */
export const watchRevocations = (io: Server, db: Pick<ChatDb, '$queryRaw'>, logger: Logger) => {
  const poll = async () => {
    const ids = [...io.of('/').adapter.rooms.keys()].flatMap((name) =>
      name.startsWith('session:') ? [name.slice('session:'.length)] : [],
    );
    if (ids.length === 0) return;
    const ended = await db.$queryRaw<{ id: string }[]>`
      SELECT s.id FROM sessions s LEFT JOIN user_state u USING (user_id)
      WHERE s.id = ANY(${ids}::uuid[]) AND (s.revoked_at IS NOT NULL OR s.expires_at <= clock_timestamp()
        OR u.suspended_at IS NOT NULL OR u.deleted_at IS NOT NULL)`;
    for (const { id } of ended) closeSession(io, id, 'session_revoked');
  };
  return repeat({
    everyMs: pollMs,
    work: poll,
    onError: (error) => logger.warn('Ended sessions could not be read.', { error }),
  });
};
