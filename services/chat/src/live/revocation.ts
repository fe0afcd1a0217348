import type { ChatDb } from '@taar/db';
import type { Logger } from '@taar/kit/logger';
import { repeat } from '@taar/kit/repeat';
import type { Server } from 'socket.io';
import { closeSession } from './sessions.ts';

const pollMs = 5_000;

/**
 * Closes the sockets of ended sessions. The event of an ended session comes over Redis and can be
 * lost, so the database is read every five seconds, too.
 */
export const watchRevocations = (io: Server, db: Pick<ChatDb, '$queryRaw'>, logger: Logger) => {
  const poll = async () => {
    const ids = [...io.of('/').adapter.rooms.keys()].flatMap((name) =>
      name.startsWith('session:') ? [name.slice('session:'.length)] : [],
    );
    if (ids.length === 0) return;
    const ended = await db.$queryRaw<{ id: string }[]>`
      SELECT session.id
      FROM sessions session
      LEFT JOIN user_state state USING (user_id)
      WHERE session.id = ANY(${ids}::uuid[])
        AND (
          session.revoked_at IS NOT NULL
          OR session.expires_at <= clock_timestamp()
          OR state.suspended_at IS NOT NULL
          OR state.deleted_at IS NOT NULL)`;
    for (const { id } of ended) closeSession(io, id, 'session_revoked');
  };
  return repeat({
    everyMs: pollMs,
    work: poll,
    onError: (error) => logger.warn('Ended sessions could not be read.', { error }),
  });
};
