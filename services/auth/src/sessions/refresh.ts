import type { Input, authRest } from '@taar/contracts';
import { notifyOtherDevices } from '@taar/runtime/notify-other-devices';
import { logoutAction, revokeSessions } from '@taar/runtime/sessions';
import type { Caller } from '@taar/kit/auth';
import { currentContext } from '@taar/kit/context';
import { AppError } from '@taar/kit/errors';
import type { Deps } from '../deps.ts';
import { enqueueFirebaseRevocation } from '../jobs/update-firebase-account.ts';
import type { IssuedSession } from './issue-tokens.ts';
import { readRefreshToken } from './refresh-token.ts';

type Needs = Pick<Deps, 'db' | 'announceEnd' | 'config' | 'secrets' | 'spendLimit' | 'issueTokens'>;

const invalid = () =>
  new AppError('refresh_token_invalid', 'Sign in again.', { action: 'soft_logout' });

/**
 * Generation n yields n+1, and the same n+1 again until that is used: an answer that was lost can
 * be had again, however late. Only the first time moves the session's end. The row lock of the
 * one statement puts parallel calls in order.
 */
const redeem = async ({ db, config }: Needs, id: string, generation: number) => {
  const [session] = await db.$queryRaw<IssuedSession[]>`
    UPDATE sessions s SET
      generation = greatest(generation, ${generation + 1}),
      used_gen = greatest(used_gen, ${generation}),
      used_at = CASE WHEN used_gen < ${generation} THEN now() ELSE used_at END,
      last_used_at = now(),
      expires_at = CASE WHEN generation > ${generation} THEN expires_at ELSE least(
        now() + ${config.SESSION_IDLE_SECONDS} * interval '1 s',
        created_at + ${config.SESSION_MAX_SECONDS} * interval '1 s') END
    FROM user_state u
    WHERE s.id = ${id}::uuid AND u.user_id = s.user_id AND u.deleted_at IS NULL
      AND used_gen <= ${generation} AND revoked_at IS NULL AND expires_at > now()
      AND u.suspended_at IS NULL
    RETURNING s.id, s.user_id AS "userId", device_id AS "deviceId", salt, generation,
      expires_at AS "expiresAt"`;
  return session;
};

type Settled = IssuedSession & {
  usedGen: number;
  /** Since a newer generation was seen in use. */
  sinceUseMs: number;
  revokedAt: Date | null;
  revokeReason: string | null;
  suspended: boolean;
};

const lookAgain = async (db: Needs['db'], id: string) => {
  const [session] = await db.$queryRaw<Settled[]>`
    SELECT s.id, s.user_id AS "userId", device_id AS "deviceId", salt, generation,
      expires_at AS "expiresAt", used_gen AS "usedGen", revoked_at AS "revokedAt",
      coalesce(extract(epoch FROM clock_timestamp() - used_at), 'infinity')::float8 * 1000 AS "sinceUseMs",
      revoke_reason AS "revokeReason", u.suspended_at IS NOT NULL AS suspended
    FROM sessions s LEFT JOIN user_state u USING (user_id) WHERE s.id = ${id}::uuid`;
  if (!session) throw invalid();
  return session;
};

const maxLooks = 5;

/**
 * A session, and whether this call was here before the newer generation was used. The database's
 * clock and ours agree to the time that a look takes: what falls into it is looked at once more, and
 * in the end decided for the phone.
 */
const lookUntilSure = async (db: Needs['db'], id: string, waitedMs: () => number) => {
  for (let looks = 1; ; looks++) {
    const leastMs = waitedMs();
    const session = await lookAgain(db, id);
    const isSurelyInTime = leastMs >= session.sinceUseMs;
    const wasInTime = waitedMs() >= session.sinceUseMs;
    if (isSurelyInTime || !wasInTime || looks === maxLooks) return { ...session, wasInTime };
  }
};

/** Two hold the token, and nobody can tell which is the thief: the session ends for both. */
const endStolen = async (deps: Needs, session: { id: string; userId: string }) => {
  const reason = 'refresh_token_reused';
  const ended = await deps.db.$transaction(async (tx) => {
    const ids = await revokeSessions(tx, { ids: [session.id] }, reason);
    if (ids.length === 0) return ids;
    await notifyOtherDevices(tx, session, {
      kind: 'session_revoked',
      revokedId: session.id,
      reason,
    });
    await enqueueFirebaseRevocation(tx, session.userId);
    await tx.auditLog.create({
      data: {
        actor: `session:${session.id}`,
        action: reason,
        target: `user:${session.userId}`,
        requestId: currentContext()?.requestId ?? null,
      },
    });
    return ids;
  });
  deps.announceEnd(ended);
  return new AppError(reason, 'The session has ended: sign in again.', {
    action: 'soft_logout',
  });
};

export const refresh = async (
  deps: Needs,
  { address, hasLeft, waitedMs }: Caller,
  { refreshToken, deviceId }: Input<typeof authRest.refresh>,
) => {
  const { db, secrets, spendLimit } = deps;
  const claimed = readRefreshToken(refreshToken);
  if (!claimed) throw invalid();
  const session = await db.session.findUnique({ where: { id: claimed.sessionId } });
  if (!session || !claimed.isAuthentic(secrets, session.salt)) throw invalid();
  if (session.deviceId !== deviceId) throw invalid();
  // By session, as thousands of phones may share one address.
  await spendLimit('refresh', { address, sessionId: session.id }, {});

  const redeemed = await redeem(deps, session.id, claimed.generation);
  if (redeemed) return { tokens: deps.issueTokens(redeemed) };

  const now = await lookUntilSure(db, session.id, waitedMs);
  if (now.revokedAt)
    throw new AppError('session_revoked', 'The session has ended: sign in again.', {
      action: logoutAction(now.revokeReason),
    });
  if (now.suspended) throw new AppError('account_suspended', 'The account is suspended.');
  if (claimed.generation >= now.usedGen) throw invalid();
  // A twin of this call was faster, and its tokens were used while this one waited: asked for in
  // time, the present answer is no reuse. Later generations are used all the time and prove nothing.
  const isParent = claimed.generation + 1 === now.usedGen;
  if (isParent && now.wasInTime) return { tokens: deps.issueTokens(now) };
  // A phone that hung up will have asked anew; a thief who does so learns nothing.
  if (hasLeft()) throw invalid();
  throw await endStolen(deps, session);
};
