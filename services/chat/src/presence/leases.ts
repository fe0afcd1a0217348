import type { Redis } from 'ioredis';

/** A socket in the foreground, which has a lease of its own. */
export type Holder = { userId: string; sessionId: string; socketId: string };
export type Expired = { userId: string; lastBeat: Date };

type Settings = { redis: Redis; prefix: string; leaseMs: number; graceMs: number };

// Redis's clock, so that nodes whose clocks differ agree on which leases have expired.
const clock = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)`;

/** Returns 1 if the user was offline. */
const renewal = `${clock}
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
redis.call('ZADD', KEYS[1], now + ARGV[3], ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
redis.call('ZADD', KEYS[3], now, ARGV[1])
return redis.call('ZADD', KEYS[2], now + ARGV[3], ARGV[1])`;

// After the last lease a user stays online for a grace time, which hides short losses of network.
const ending = `${clock}
if redis.call('ZREM', KEYS[1], ARGV[2]) == 0 or not redis.call('ZSCORE', KEYS[2], ARGV[1]) then return end
local last = redis.call('ZRANGE', KEYS[1], -1, -1, 'WITHSCORES')
redis.call('ZADD', KEYS[2], math.max(now + ARGV[3], tonumber(last[2] or 0)), ARGV[1])
redis.call('ZADD', KEYS[3], now, ARGV[1])`;

const expiry = `${clock}
local expired = {}
for _, user in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now, 'LIMIT', 0, ARGV[1])) do
  table.insert(expired, { user, redis.call('ZSCORE', KEYS[2], user) })
  redis.call('ZREM', KEYS[1], user)
  redis.call('ZREM', KEYS[2], user)
end
return expired`;

/**
 * Presence leases in Redis, which sockets in the foreground renew. The leases of a dead node
 * expire, and an emptied Redis fills with the next heartbeats. The set `leases` holds the end of
 * each user's last lease; users in it are online.
 */
export const createLeases = ({ redis, prefix, leaseMs, graceMs }: Settings) => {
  const all = `${prefix}:leases`;
  const beats = `${prefix}:beats`;
  const ofUser = (userId: string) => `${prefix}:lease:${userId}`;
  const member = ({ sessionId, socketId }: Holder) => `${sessionId}:${socketId}`;
  const run = (script: string, holder: Holder, ms: number) => {
    const keys = [ofUser(holder.userId), all, beats];
    return redis.eval(script, 3, ...keys, holder.userId, member(holder), ms);
  };

  const now = async () => {
    const [seconds, micros] = await redis.time();
    return Number(seconds) * 1_000 + Math.floor(Number(micros) / 1_000);
  };

  return {
    now,
    /** Resolves to whether the user was offline before. */
    renew: async (holder: Holder) => (await run(renewal, holder, leaseMs)) === 1,
    end: async (holder: Holder) => void (await run(ending, holder, graceMs)),

    /** Removes and returns users whose last lease has ended; each user goes to one node only. */
    takeExpired: async (limit: number): Promise<Expired[]> => {
      const rows = (await redis.eval(expiry, 2, all, beats, limit)) as [string, string | null][];
      return rows.map(([userId, beat]) => ({
        userId,
        lastBeat: beat === null ? new Date() : new Date(Number(beat)),
      }));
    },

    /** The users of the list who are online. */
    online: async (userIds: string[]): Promise<Set<string>> => {
      if (userIds.length === 0) return new Set();
      const scores = await redis.zmscore(all, ...userIds);
      return new Set(userIds.filter((_, i) => scores[i] !== null));
    },

    /** The sessions of these users that have a socket in the foreground. */
    sessions: async (userIds: string[]): Promise<Set<string>> => {
      const from = await now();
      const pipeline = redis.pipeline();
      for (const id of userIds) pipeline.zrangebyscore(ofUser(id), from, '+inf');
      const answers = (await pipeline.exec()) ?? [];
      const members = answers.flatMap(([error, found]) => {
        if (error) throw error;
        return found as string[];
      });
      return new Set(members.map((held) => held.slice(0, held.indexOf(':'))));
    },

    /** A page of all users who are online. */
    page: async (cursor: string): Promise<{ next: string; userIds: string[] }> => {
      const [next, flat] = await redis.zscan(all, cursor, 'COUNT', 1_000);
      return { next, userIds: flat.filter((_, i) => i % 2 === 0) };
    },
  };
};
export type Leases = ReturnType<typeof createLeases>;
