import type { Input, authRest } from '@taar/contracts';
import type { Caller } from '@taar/kit/auth';
import { AppError } from '@taar/kit/errors';
import { sessionEnded } from '@taar/runtime/sessions/revoke-sessions';
import type { Deps } from '../deps.ts';
import { endReusedSession } from './end-reused-session.ts';
import type { SessionForTokens } from './issue-tokens.ts';
import { readRefreshToken } from './refresh-token.ts';

type Needs = Pick<Deps, 'db' | 'announceEnd' | 'config' | 'secrets' | 'spendLimit' | 'issueTokens'>;

/**
 * Exchanges a refresh token of generation n for the pair of n + 1, and for the same pair again
 * until that is used. After that the token is reuse: the session ends for everyone who holds its
 * tokens.
 */
export const refresh = async (
  deps: Needs,
  { address, isDisconnected, msSinceArrival }: Caller,
  { refreshToken, deviceId }: Input<typeof authRest.refresh>,
) => {
  const { db, secrets, spendLimit } = deps;
  const claimed = readRefreshToken(refreshToken);
  if (!claimed) throw invalid();
  const session = await db.session.findUnique({ where: { id: claimed.sessionId } });
  if (!session || !claimed.isAuthentic(secrets, session.salt)) throw invalid();
  if (session.deviceId !== deviceId) throw invalid();
  // Counted by session, because thousands of phones can share one address.
  await spendLimit('refresh', { address, sessionId: session.id }, {});

  const redeemed = await redeem(deps, session.id, claimed.generation);
  if (redeemed) return { tokens: deps.issueTokens(redeemed) };

  const current = await findCurrent(db, session.id, msSinceArrival);
  if (current.revokedAt) throw sessionEnded(current.revokeReason);
  if (current.suspended) throw new AppError('account_suspended', 'The account is suspended.');
  if (claimed.generation >= current.usedGen) throw invalid();
  // A concurrent duplicate got the pair and used it while this request waited, which is no reuse.
  // Only the use of the direct successor shows that: later generations are in use all the time.
  const isParent = claimed.generation + 1 === current.usedGen;
  if (isParent && current.cameBeforeUse) return { tokens: deps.issueTokens(current) };
  // A phone that closed the connection has asked again; a thief who closes it learns nothing.
  if (isDisconnected()) throw invalid();
  throw await endReusedSession(deps, session);
};

const invalid = () =>
  new AppError('refresh_token_invalid', 'Sign in again.', { action: 'soft_logout' });

/**
 * Returns undefined unless generation n may be redeemed. Only the first time extends the session.
 * The row lock of the statement puts concurrent requests in order.
 */
const redeem = async ({ db, config }: Needs, id: string, generation: number) => {
  const [redeemed] = await db.$queryRaw<SessionForTokens[]>`
    UPDATE sessions session
    SET generation = greatest(generation, ${generation + 1}),
      used_gen = greatest(used_gen, ${generation}),
      used_at = CASE WHEN used_gen < ${generation} THEN now() ELSE used_at END,
      last_used_at = now(),
      expires_at = CASE
        WHEN generation > ${generation} THEN expires_at
        ELSE least(
          now() + ${config.SESSION_IDLE_SECONDS} * interval '1 s',
          created_at + ${config.SESSION_MAX_SECONDS} * interval '1 s')
      END
    FROM user_state state
    WHERE session.id = ${id}::uuid
      AND used_gen <= ${generation}
      AND revoked_at IS NULL
      AND expires_at > now()
      AND state.user_id = session.user_id
      AND state.deleted_at IS NULL
      AND state.suspended_at IS NULL
    RETURNING session.id, session.user_id AS "userId", device_id AS "deviceId", salt, generation,
      expires_at AS "expiresAt"`;
  return redeemed;
};

type CurrentSession = SessionForTokens & {
  usedGen: number;
  /** Time since the newest used generation was first used. */
  sinceUseMs: number;
  revokedAt: Date | null;
  revokeReason: string | null;
  suspended: boolean;
};

const maxReads = 5;

/**
 * `cameBeforeUse` is whether the request arrived before the newest used generation was first used.
 * Two clocks measure the two times, so the comparison is exact only to the duration of the query:
 * an uncertain result is read again, and the last one counts as before.
 */
const findCurrent = async (db: Needs['db'], id: string, msSinceArrival: () => number) => {
  for (let reads = 1; ; reads++) {
    const waitedBeforeMs = msSinceArrival();
    const session = await findSession(db, id);
    const surelyCameBefore = waitedBeforeMs >= session.sinceUseMs;
    const cameBeforeUse = msSinceArrival() >= session.sinceUseMs;
    if (surelyCameBefore || !cameBeforeUse || reads === maxReads)
      return { ...session, cameBeforeUse };
  }
};

const findSession = async (db: Needs['db'], id: string) => {
  const [session] = await db.$queryRaw<CurrentSession[]>`
    SELECT session.id, session.user_id AS "userId", device_id AS "deviceId", salt, generation,
      expires_at AS "expiresAt", used_gen AS "usedGen", revoked_at AS "revokedAt",
      coalesce(extract(epoch FROM clock_timestamp() - used_at), 'infinity')::float8 * 1000
        AS "sinceUseMs",
      revoke_reason AS "revokeReason", state.suspended_at IS NOT NULL AS suspended
    FROM sessions session
    LEFT JOIN user_state state ON state.user_id = session.user_id
    WHERE session.id = ${id}::uuid`;
  if (!session) throw invalid();
  return session;
};
