import type { PrismaClient } from '@taar/db';
import type { AssertSession } from '@taar/kit/auth';
import { AppError } from '@taar/kit/errors';
import { LRUCache } from 'lru-cache';
import { sessionEnded } from './revoke-sessions.ts';

type Db = Pick<PrismaClient, '$queryRaw' | '$executeRaw'>;
type Session = {
  userId: string;
  /** Highest refresh token generation of which an access token was used. */
  usedGen: number;
  ended: boolean;
  revokeReason: string | null;
  suspended: boolean;
  deleted: boolean;
};

const cacheMs = 30_000;
const maxSessions = 50_000;

/**
 * Checks the session of an access token. The database decides; a process caches the answer for at
 * most 30 s, and less if `invalidate` is called.
 */
export const createSessionCheck = (db: Db) => {
  const cache = new LRUCache<string, Promise<Session | undefined>>({
    max: maxSessions,
    ttl: cacheMs,
  });

  const read = (id: string) => {
    const cached = cache.get(id);
    if (cached) return cached;
    const reading = findSession(db, id);
    cache.set(id, reading);
    reading.catch(() => {
      if (cache.get(id) === reading) cache.delete(id);
    });
    return reading;
  };

  const assertSession: AssertSession = async ({ sid, sub, gen }) => {
    const session = await read(sid);
    if (!session || session.userId !== sub || session.ended || session.deleted)
      throw sessionEnded(session?.revokeReason ?? null);
    if (session.suspended) throw new AppError('account_suspended', 'The account is suspended.');
    if (gen <= session.usedGen) return;
    await recordUse(db, sid, gen);
    session.usedGen = gen;
  };

  return Object.assign(assertSession, {
    invalidate: (id: string) => void cache.delete(id),
    invalidateAll: () => cache.clear(),
  });
};
export type SessionCheck = ReturnType<typeof createSessionCheck>;

const findSession = async (db: Db, id: string) => {
  const [session] = await db.$queryRaw<Session[]>`
    SELECT session.user_id AS "userId",
      session.used_gen AS "usedGen",
      session.revoked_at IS NOT NULL OR session.expires_at <= now() AS ended,
      session.revoke_reason AS "revokeReason",
      state.suspended_at IS NOT NULL AS suspended,
      state.deleted_at IS NOT NULL AS deleted
    FROM sessions session
    LEFT JOIN user_state state ON state.user_id = session.user_id
    WHERE session.id = ${id}::uuid`;
  return session;
};

/**
 * Records the first use of a generation. A database that was restored to an older point has issued
 * fewer generations than a valid token may carry, hence the limit.
 */
const recordUse = (db: Db, id: string, generation: number) => db.$executeRaw`
  UPDATE sessions
  SET used_gen = least(${generation}, generation), used_at = now()
  WHERE id = ${id}::uuid
    AND used_gen < least(${generation}, generation)`;
