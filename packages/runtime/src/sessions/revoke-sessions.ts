import { AppError } from '@taar/kit/errors';
import { Prisma, type PrismaClient } from '@taar/db';
import { currentContext } from '@taar/kit/context';
import { type ForcedEnd, forcedEnds } from '../push-jobs.ts';

type Db = Pick<PrismaClient, '$queryRaw' | '$executeRaw'>;

/** Why a session ended before it expired. */
export type RevokeReason = 'logout' | 'account_gone' | 'suspended' | 'replaced' | ForcedEnd;

type Which = { ids: string[]; userId?: string } | { userId: string; deviceId?: string };

/**
 * Revokes live sessions and deletes their push tokens; returns their ids, to announce after the
 * commit. A forced end queues one last push to the device: an attacker may have caused it.
 */
export const revokeSessions = async (
  db: Pick<Db, '$queryRaw'>,
  which: Which,
  reason: RevokeReason,
): Promise<string[]> => {
  const isForced = forcedEnds.some((forced) => forced === reason);
  const requestId = currentContext()?.requestId ?? null;
  const revoked = await db.$queryRaw<{ id: string }[]>`
    WITH live AS (
      SELECT id, platform, push_token, expires_at
      FROM sessions
      WHERE revoked_at IS NULL
        AND ${conditionOf(which)}
      ORDER BY id
      FOR UPDATE
    ), last_push AS (
      INSERT INTO outbox (topic, key, payload, request_id)
      SELECT
        'push.' || platform,
        id,
        jsonb_build_object(
          'kind', 'session_revoked',
          'sessionId', id,
          'revokedId', id,
          'reason', ${reason}::text,
          'token', push_token),
        ${requestId}::uuid
      FROM live
      WHERE ${isForced}
        AND push_token IS NOT NULL
        AND expires_at > now()
    )
    UPDATE sessions session
    SET revoked_at = now(), revoke_reason = ${reason}, push_token = NULL
    FROM live
    WHERE session.id = live.id
    RETURNING session.id`;
  return revoked.map(({ id }) => id);
};

const conditionOf = (which: Which) => {
  const { ids, userId, deviceId }: { ids?: string[]; userId?: string; deviceId?: string } = which;
  const conditions = [
    ...(ids ? [Prisma.sql`id = ANY(${ids}::uuid[])`] : []),
    ...(userId ? [Prisma.sql`user_id = ${userId}::uuid`] : []),
    ...(deviceId ? [Prisma.sql`device_id = ${deviceId}::uuid`] : []),
  ];
  return Prisma.join(conditions, ' AND ');
};

/** Call before a transaction revokes sessions of a user in several steps, which could deadlock. */
export const lockSessions = (db: Pick<Db, '$executeRaw'>, userId: string) => db.$executeRaw`
  SELECT FROM sessions
  WHERE user_id = ${userId}::uuid
    AND revoked_at IS NULL
  ORDER BY id
  FOR UPDATE`;

const wipingReasons = new Set<string | null>([
  'logout',
  'removed',
  'account_gone',
] satisfies RevokeReason[]);

/** The error for a request of an ended session; `reason` is why it ended, null if unknown. */
export const sessionEnded = (reason: string | null) =>
  new AppError('session_revoked', 'The session has ended. Sign in again.', {
    // `logout` has the client delete its local data, `soft_logout` has it keep them.
    action: wipingReasons.has(reason) ? 'logout' : 'soft_logout',
  });
