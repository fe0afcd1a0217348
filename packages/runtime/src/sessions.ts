import { Prisma, type ServiceTx } from '@taar/db';
import type { AssertSession } from '@taar/kit/auth';
import { currentContext } from '@taar/kit/context';
import { AppError } from '@taar/kit/errors';
import type { Logger } from '@taar/kit/logger';
import type { createRedis } from '@taar/kit/redis';
import { LRUCache } from 'lru-cache';
import { type ForcedEnd, forcedEnds } from './push-jobs.ts';

/** As much of the database as every service has. */
type Sql = Pick<ServiceTx<'status'>, '$queryRaw' | '$executeRaw'>;
export type Redis = ReturnType<typeof createRedis>;
type Session = {
  userId: string;
  usedGen: number;
  ended: boolean;
  revokeReason: string | null;
  suspended: boolean;
  deleted: boolean;
};

const cacheMs = 30_000;
const maxSessions = 50_000;

const findSession = async (db: Sql, id: string) => {
  const [session] = await db.$queryRaw<Session[]>`
    SELECT s.user_id AS "userId", s.used_gen AS "usedGen",
      s.revoked_at IS NOT NULL OR s.expires_at <= now() AS ended, s.revoke_reason AS "revokeReason",
      u.suspended_at IS NOT NULL AS suspended, u.deleted_at IS NOT NULL AS deleted
    FROM sessions s LEFT JOIN user_state u USING (user_id) WHERE s.id = ${id}::uuid`;
  return session;
};

// A database restored to an older point knows fewer generations than tokens that are still good.
const noteUse = (db: Sql, id: string, generation: number) => db.$executeRaw`
  UPDATE sessions SET used_gen = least(${generation}, generation), used_at = now()
  WHERE id = ${id}::uuid AND used_gen < least(${generation}, generation)`;

/**
 * The check that every service makes of a token's session. The row in the database is the truth;
 * a process remembers it for 30 s at most, and less where `invalidate` tells it to forget.
 */
export const createAssertSession = (db: Sql) => {
  const sessions = new LRUCache<string, Promise<Session | undefined>>({
    max: maxSessions,
    ttl: cacheMs,
  });

  const read = (id: string) => {
    const known = sessions.get(id);
    if (known) return known;
    const reading = findSession(db, id);
    sessions.set(id, reading);
    reading.catch(() => {
      if (sessions.get(id) === reading) sessions.delete(id);
    });
    return reading;
  };

  const assertSession: AssertSession = async ({ sid, sub, gen }) => {
    const session = await read(sid);
    if (!session || session.userId !== sub || session.ended || session.deleted)
      throw new AppError('session_revoked', 'The session has ended: sign in again.', {
        action: logoutAction(session?.revokeReason ?? null),
      });
    if (session.suspended) throw new AppError('account_suspended', 'The account is suspended.');
    if (gen <= session.usedGen) return;
    await noteUse(db, sid, gen);
    session.usedGen = gen;
  };

  return Object.assign(assertSession, {
    invalidate: (id: string) => void sessions.delete(id),
    invalidateAll: () => sessions.clear(),
  });
};
export type SessionCheck = ReturnType<typeof createAssertSession>;

/** Why a session ends other than by its age. */
export type RevokeReason = 'logout' | 'account_gone' | 'suspended' | 'replaced' | ForcedEnd;

/** Before sessions of one person are ended step by step: two who do so must not block each other. */
export const lockSessions = (db: Pick<Sql, '$executeRaw'>, userId: string) => db.$executeRaw`
  SELECT FROM sessions WHERE user_id = ${userId}::uuid AND revoked_at IS NULL
  ORDER BY id FOR UPDATE`;

type Which = { ids: string[]; userId?: string } | { userId: string; deviceId?: string };

/**
 * Ends live sessions and takes their push tokens, in one statement; answers the ids of those that
 * it ended. Announce them after commit. A device whose session another one has ended is told by one
 * last push: whoever did so may be a thief.
 */
export const revokeSessions = async (
  db: Pick<Sql, '$queryRaw'>,
  which: Which,
  reason: RevokeReason,
) => {
  const { ids, userId, deviceId } = {
    ids: undefined,
    userId: undefined,
    deviceId: undefined,
    ...which,
  };
  const conditions = [
    ids && Prisma.sql`id = ANY(${ids}::uuid[])`,
    userId && Prisma.sql`user_id = ${userId}::uuid`,
    deviceId && Prisma.sql`device_id = ${deviceId}::uuid`,
  ].filter((condition) => condition !== undefined && condition !== '');
  const isForced = forcedEnds.some((forced) => forced === reason);
  const ended = await db.$queryRaw<{ id: string }[]>`
    WITH live AS (
      SELECT id, platform, push_token, expires_at FROM sessions
      WHERE revoked_at IS NULL AND ${Prisma.join(conditions, ' AND ')} ORDER BY id FOR UPDATE
    ), told AS (
      INSERT INTO outbox (topic, key, payload, request_id)
      SELECT 'push.' || platform, id, jsonb_build_object('kind', 'session_revoked', 'sessionId', id,
        'revokedId', id, 'reason', ${reason}::text, 'token', push_token),
        ${currentContext()?.requestId ?? null}::uuid
      FROM live WHERE ${isForced} AND push_token IS NOT NULL AND expires_at > now()
    )
    UPDATE sessions s SET revoked_at = now(), revoke_reason = ${reason}, push_token = NULL
    FROM live WHERE s.id = live.id
    RETURNING s.id`;
  return ended.map(({ id }) => id);
};

const wipes = new Set<string | null>([
  'logout',
  'removed',
  'account_gone',
] satisfies RevokeReason[]);
/** What a client does with its local data when told that the session ended. */
export const logoutAction = (reason: string | null) =>
  wipes.has(reason) ? ('logout' as const) : ('soft_logout' as const);

const channelOf = (prefix: string) => `${prefix}:sessions`;

/** Tells every service to look at these sessions again. A hint: without it they do in 30 s. */
export const announceSessions = (redis: Redis, prefix: string, ids: string[], logger: Logger) => {
  redis
    .publish(channelOf(prefix), ids.join(','))
    .catch((error: unknown) => logger.warn('ended sessions were not announced', { error }));
};

/** Forgets sessions as they are announced; after an outage all of them, as hints may be lost. */
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
    .catch((error: unknown) => logger.warn('ended sessions are not followed', { error }));
};
