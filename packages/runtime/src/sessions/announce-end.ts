import type { Logger } from '@taar/kit/logger';
import type { Publish } from '@taar/kit/publish';
import type { createRedis } from '@taar/kit/redis';
import type { SessionCheck } from './session-check.ts';

type Redis = ReturnType<typeof createRedis>;

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

const channelOf = (prefix: string) => `${prefix}:sessions`;

/** Has every service read these sessions again, before their cached answers expire. */
export const announceSessions = (redis: Redis, prefix: string, ids: string[], logger: Logger) => {
  redis
    .publish(channelOf(prefix), ids.join(','))
    .catch((error: unknown) => logger.warn('Ended sessions could not be announced.', { error }));
};

/**
 * Drops sessions from the cache as they are announced. Announcements are lost while Redis is away,
 * so the cache is emptied when it is back.
 */
export const followSessions = (
  subscriber: Redis,
  prefix: string,
  check: Pick<SessionCheck, 'invalidate' | 'invalidateAll'>,
  logger: Logger,
) => {
  const channel = channelOf(prefix);
  subscriber.on('message', (from: string, ids: string) => {
    if (from === channel) for (const id of ids.split(',')) check.invalidate(id);
  });
  subscriber.on('ready', check.invalidateAll);
  subscriber
    .subscribe(channel)
    .catch((error: unknown) =>
      logger.warn('Announcements of ended sessions cannot be received; retrying.', { error }),
    );
};
