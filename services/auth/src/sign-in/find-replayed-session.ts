import type { ServiceTx } from '@taar/db';
import { AppError } from '@taar/kit/errors';
import type { OpenedSession } from '../sessions/open-session.ts';

const repeatSeconds = 60;

type Spent = OpenedSession & { isNewUser: boolean; repeatable: boolean };

/**
 * The session that came of a proof, if one did. A device whose answer was lost gets the same
 * session again, for a minute and as long as nothing was done with it that a thief could gain by.
 */
export const findReplayedSession = async (
  tx: Pick<ServiceTx<'auth'>, '$queryRaw'>,
  requestId: string,
) => {
  // An account made together with the session carries the very same time.
  const [spent] = await tx.$queryRaw<Spent[]>`
    SELECT s.id, s.user_id AS "userId", s.device_id AS "deviceId", s.salt, s.generation,
      s.expires_at AS "expiresAt", s.created_at AS "createdAt",
      u.created_at = s.created_at AS "isNewUser",
      s.revoked_at IS NULL AND s.generation = 1
        AND r.consumed_at > now() - ${repeatSeconds} * interval '1 s' AS repeatable
    FROM otp_requests r JOIN sessions s ON s.id = r.session_id JOIN users u ON u.id = s.user_id
    WHERE r.id = ${requestId}::uuid AND r.consumed_at IS NOT NULL`;
  if (!spent) return undefined;
  const { isNewUser, repeatable, ...session } = spent;
  if (!repeatable) throw new AppError('otp_expired', 'The proof was used: ask for a new code.');
  return { userId: session.userId, isNewUser, session };
};
