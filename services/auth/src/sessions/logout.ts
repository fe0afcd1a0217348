import type { Input, authRest } from '@taar/contracts';
import { enqueueFirebaseChange } from '@taar/domain/enqueue-firebase-change';
import type { Caller } from '@taar/kit/auth';
import { AppError } from '@taar/kit/errors';
import { lockSessions, revokeSessions } from '@taar/runtime/sessions/revoke-sessions';
import type { Deps } from '../deps.ts';
import { readRefreshToken } from './refresh-token.ts';

type Needs = Pick<Deps, 'db' | 'announceEnd' | 'secrets' | 'verify'>;
type ProvenSession = { id: string; userId: string };

/**
 * Ends the session whose tokens the caller holds, and succeeds where there is none to end. Throws
 * `token_expired` if the session of an expired access token is live and nothing else proves it.
 */
export const logout = async (
  deps: Needs,
  { accessToken }: Caller,
  { refreshToken, allDevices }: Input<typeof authRest.logout>,
) => {
  const { db, announceEnd } = deps;
  const session = await findProvenSession(deps, accessToken, refreshToken);
  if (!session) return;
  if (!(await isLive(db, session.id))) return;
  const ended = await db.$transaction(async (tx) => {
    if (allDevices) await lockSessions(tx, session.userId);
    const own = await revokeSessions(tx, { ids: [session.id] }, 'logout');
    if (!allDevices) return own;
    await enqueueFirebaseChange(tx, session.userId, 'revoke');
    return [...own, ...(await revokeSessions(tx, { userId: session.userId }, 'removed'))];
  });
  announceEnd(ended);
};

const isLive = async (db: Needs['db'], id: string) => {
  const where = { id, revokedAt: null, expiresAt: { gt: new Date() } };
  return (await db.session.count({ where })) > 0;
};

/**
 * The session whose tokens the caller holds. An expired access token is no proof alone, but where
 * one is sent, the refresh token must be of the same session.
 */
const findProvenSession = async (deps: Needs, accessToken?: string, refreshToken?: string) => {
  const valid = accessToken && (await findByAccessToken(deps, accessToken, false));
  if (valid) return valid;
  const held = refreshToken ? await findByRefreshToken(deps, refreshToken) : undefined;
  const expired = accessToken && (await findByAccessToken(deps, accessToken, true));
  if (!expired || expired.id === held?.id) return held;
  if (await isLive(deps.db, expired.id))
    throw new AppError('token_expired', 'Refresh the access token, then log out again.');
  return undefined;
};

const findByAccessToken = async ({ verify }: Needs, token: string, ignoreExpiration: boolean) => {
  try {
    const { sid, sub } = await verify(token, { ignoreExpiration });
    return { id: sid, userId: sub };
  } catch (error) {
    if (error instanceof AppError) return undefined;
    throw error;
  }
};

const findByRefreshToken = async (
  { db, secrets }: Needs,
  token: string,
): Promise<ProvenSession | undefined> => {
  const claimed = readRefreshToken(token);
  const session = claimed && (await db.session.findUnique({ where: { id: claimed.sessionId } }));
  if (!session || !claimed.isAuthentic(secrets, session.salt)) return undefined;
  // A spent token may be stolen, and devices wipe their data when they are signed out.
  return claimed.generation >= session.usedGen ? session : undefined;
};
