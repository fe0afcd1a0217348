import { announceSessions } from '@taar/domain/sessions';
import type { Deps } from '../deps.ts';

/**
 * After sessions were revoked: closes their sockets and has every service look again. Should
 * Redis be away, each service finds out from the database by itself.
 */
export const announceEnd = (
  {
    redis,
    publish,
    sessions,
    config,
    logger,
  }: Pick<Deps, 'redis' | 'publish' | 'sessions' | 'config' | 'logger'>,
  ids: string[],
) => {
  if (ids.length === 0) return;
  for (const id of ids) sessions.invalidate(id);
  announceSessions(redis, config.REDIS_PREFIX, ids, logger);
  publish('closing', { sessions: ids }, { reason: 'session_revoked', reconnect: false });
};
