import type { Input, authRest } from '@taar/contracts';
import { lockSessions, revokeSessions } from '@taar/runtime/sessions';
import type { Caller } from '@taar/kit/auth';
import { AppError } from '@taar/kit/errors';
import type { Deps } from '../deps.ts';
import { enqueueFirebaseRevocation } from '../jobs/update-firebase-account.ts';
import { readRefreshToken } from './refresh-token.ts';

type Needs = Pick<Deps, 'db' | 'announceEnd' | 'secrets' | 'verify'>;
type Own = { id: string; userId: string };

const byAccessToken = async ({ verify }: Needs, token: string, ignoreExpiration: boolean) => {
  try {
    const { sid, sub } = await verify(token, { ignoreExpiration });
    return { id: sid, userId: sub };
  } catch (error) {
    if (error instanceof AppError) return undefined;
    throw error;
  }
};

const byRefreshToken = async ({ db, secrets }: Needs, token: string): Promise<Own | undefined> => {
  const claimed = readRefreshToken(token);
  const session = claimed && (await db.session.findUnique({ where: { id: claimed.sessionId } }));
  if (!session || !claimed.isAuthentic(secrets, session.salt)) return undefined;
  // One that has a successor in use is lost or stolen, and devices that sign out wipe their data.
  return claimed.generation >= session.usedGen ? session : undefined;
};

/** The session that the caller can prove to hold; a foreign refresh token beside it is no proof. */
const ownSession = async (deps: Needs, accessToken?: string, refreshToken?: string) => {
  const fresh = accessToken && (await byAccessToken(deps, accessToken, false));
  if (fresh) return fresh;
  const held = refreshToken ? await byRefreshToken(deps, refreshToken) : undefined;
  const expired = accessToken && (await byAccessToken(deps, accessToken, true));
  return held && (!expired || expired.id === held.id) ? held : undefined;
};

/** Whatever was held, afterwards it is worth nothing; hence there is nothing to refuse. */
export const logout = async (
  deps: Needs,
  { accessToken }: Caller,
  { refreshToken, allDevices }: Input<typeof authRest.logout>,
) => {
  const own = await ownSession(deps, accessToken, refreshToken);
  if (!own) return;
  const isLive = await deps.db.session.count({
    where: { id: own.id, revokedAt: null, expiresAt: { gt: new Date() } },
  });
  if (!isLive) return;
  const ended = await deps.db.$transaction(async (tx) => {
    if (allDevices) await lockSessions(tx, own.userId);
    const mine = await revokeSessions(tx, { ids: [own.id] }, 'logout');
    if (!allDevices) return mine;
    await enqueueFirebaseRevocation(tx, own.userId);
    return [...mine, ...(await revokeSessions(tx, { userId: own.userId }, 'removed'))];
  });
  deps.announceEnd(ended);
};
