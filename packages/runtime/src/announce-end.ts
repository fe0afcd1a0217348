import type { ServiceDeps } from './service.ts';
import { announceSessions } from './sessions.ts';

type Needs = Pick<ServiceDeps<'auth'>, 'redis' | 'publish' | 'logger'> & {
  config: { REDIS_PREFIX: string };
  /** What this process remembers of sessions, where it does. */
  sessions?: Pick<ServiceDeps<'auth'>['sessions'], 'invalidate'>;
};

/**
 * After sessions were revoked: closes their sockets and has every service look again. Should
 * Redis be away, each service finds out from the database by itself.
 */
export const announceEnd = ({ redis, publish, sessions, config, logger }: Needs, ids: string[]) => {
  if (ids.length === 0) return;
  for (const id of ids) sessions?.invalidate(id);
  announceSessions(redis, config.REDIS_PREFIX, ids, logger);
  publish('closing', { sessions: ids }, { reason: 'session_revoked', reconnect: false });
};
