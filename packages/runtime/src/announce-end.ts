import type { Logger } from '@taar/kit/logger';
import type { Publish } from '@taar/kit/publish';
import { type Redis, type SessionCheck, announceSessions } from './sessions.ts';

type Needs = {
  redis: Redis;
  prefix: string;
  publish: Publish;
  /** The session cache of this process, if it has one. */
  sessions?: Pick<SessionCheck, 'invalidate'>;
  logger: Logger;
};

/**
 * Announces sessions that a committed transaction revoked: closes their sockets and drops them from
 * the session cache of every service. Without Redis, each service reads it from the database.
 */
export const createAnnounceEnd =
  ({ redis, prefix, publish, sessions, logger }: Needs) =>
  (sessionIds: string[]) => {
    if (sessionIds.length === 0) return;
    for (const id of sessionIds) sessions?.invalidate(id);
    announceSessions(redis, prefix, sessionIds, logger);
    publish('closing', { sessions: sessionIds }, { reason: 'session_revoked', reconnect: false });
  };
export type AnnounceEnd = ReturnType<typeof createAnnounceEnd>;
