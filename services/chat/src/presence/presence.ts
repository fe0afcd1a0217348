import type { ChatDb } from '@taar/db';
import type { Job } from '@taar/runtime/outbox/job';
import type { Logger } from '@taar/kit/logger';
import type { Redis } from 'ioredis';
import type { Emit } from '../core/emit.ts';
import { createPresenceChanges } from './presence-changes.ts';
import { hidePresence } from './hide-presence.ts';
import { type Holder, createLeases } from './leases.ts';
import { showChange } from './show-change.ts';
import { startSweeping } from './sweep.ts';

export type Activity = 'active' | 'background';

type Needs = { emit: Emit; db: ChatDb; redis: Redis; prefix: string; logger: Logger };
type Times = { heartbeatMs: number; graceMs: number };

/** Users with a socket in the foreground are online. Failures of Redis never fail a request. */
export const createPresence = (needs: Needs, { heartbeatMs, graceMs }: Times) => {
  const { redis, prefix, logger } = needs;
  const leaseMs = 3 * heartbeatMs;
  const leases = createLeases({ redis, prefix, leaseMs, graceMs });
  // With the default heartbeat of 25 s this gathers changes for a fifth of a second.
  const changes = createPresenceChanges({
    ...needs,
    leases,
    gatherMs: Math.ceil(heartbeatMs / 125),
  });
  const onFailure = (error: unknown) =>
    logger.debug('A presence lease could not be written.', { error });
  let stopSweeping: (() => Promise<void>) | undefined;
  let stopped = false;

  const renew = async (holder: Holder) => {
    const userId = holder.userId;
    if (await leases.renew(holder)) changes.record({ userId, online: true, at: new Date() });
  };

  return {
    /** The users of the list who are online. */
    online: leases.online,
    /** The sessions of these users that have a socket in the foreground. */
    sessions: leases.sessions,
    /** Works the job of a changed last-seen setting. */
    showChange: (job: Job) => showChange(needs, job),
    /** Works the job of a new block. */
    hide: (job: Job) => hidePresence(needs, job),
    /** Renews the lease of a socket, or ends it if the app is in the background. */
    beat: (holder: Holder, state: Activity) => {
      (state === 'active' ? renew(holder) : leases.end(holder)).catch(onFailure);
    },
    leave: (holder: Holder) => {
      // A drained client reconnects to another node; its user stays online meanwhile.
      if (!stopped) leases.end(holder).catch(onFailure);
    },
    start: () => {
      stopSweeping = startSweeping({
        ...needs,
        leases,
        changes,
        leaseMs,
        sweepMs: Math.ceil(heartbeatMs / 5),
        compareMs: Math.ceil(heartbeatMs * 2.4),
      });
    },
    stop: async () => {
      stopped = true;
      await stopSweeping?.();
      await changes.stop();
    },
  };
};
export type Presence = ReturnType<typeof createPresence>;
