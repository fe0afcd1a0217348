import { announceSessions } from '@taar/domain/sessions';
import type { Deps } from '../deps.ts';

/** Closes the sockets of ended sessions, and has every service look at them again. */
export const announceEnd = (
  { redis, publish, config, logger }: Pick<Deps, 'redis' | 'publish' | 'config' | 'logger'>,
  ids: string[],
) => {
  if (ids.length === 0) return;
  announceSessions(redis, config.REDIS_PREFIX, ids, logger);
  publish('closing', { sessions: ids }, { reason: 'session_revoked', reconnect: false });
};
