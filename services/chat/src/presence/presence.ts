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

/** Who is online: whoever has a socket in the foreground. Hints in Redis, and never in the way. */
export const createPresence = (needs: Needs, { heartbeatMs, graceMs }: Times) => {
  const { redis, prefix, logger } = needs;
  const leaseMs = 3 * heartbeatMs;
  const leases = createLeases({ redis, prefix, leaseMs, graceMs });
  // PresenceChanges of a fifth of a second, as a rule, are stored and told together.
  const changes = createPresenceChanges({
    ...needs,
    leases,
    gatherMs: Math.ceil(heartbeatMs / 125),
  });
  const missed = (error: unknown) => logger.debug('a lease was not written', { error });
  let stopSweeping: (() => Promise<void>) | undefined;
  let stopped = false;

  const renew = async (holder: Holder) => {
    const userId = holder.userId;
    if (await leases.renew(holder)) changes.record({ userId, online: true, at: new Date() });
  };

  return {
    /** Of these users, those who are online. */
    online: leases.online,
    /** The sessions of these users that are in the foreground right now. */
    sessions: leases.sessions,
    /** Somebody shows their last seen to others than before. */
    showChange: (job: Job) => showChange(needs, job),
    /** A block has come between two. */
    hide: (job: Job) => hidePresence(needs, job),
    /** A sign of life; in the background nobody is online. */
    beat: (holder: Holder, state: Activity) => {
      (state === 'active' ? renew(holder) : leases.end(holder)).catch(missed);
    },
    leave: (holder: Holder) => {
      // Who is sent to another node does not go offline by that.
      if (!stopped) leases.end(holder).catch(missed);
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
