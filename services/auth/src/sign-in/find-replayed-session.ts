import type { ServiceTx } from '@taar/db';
import { AppError } from '@taar/kit/errors';
import type { OpenedSession } from '../sessions/open-session.ts';

const replaySeconds = 60;

type Row = OpenedSession & { isNewUser: boolean; replayable: boolean };

/**
 * The session that a proof has opened, if any. A device that lost the response gets the session
 * once more, for a minute and while its first refresh token is unused; later the proof is expired.
 */
export const findReplayedSession = async (
  tx: Pick<ServiceTx<'auth'>, '$queryRaw'>,
  requestId: string,
) => {
  // An account created with the session has the same creation time, as both come from now().
  const [opened] = await tx.$queryRaw<Row[]>`
    SELECT session.id, session.user_id AS "userId", session.device_id AS "deviceId",
      session.salt, session.generation, session.expires_at AS "expiresAt",
      session.created_at AS "createdAt",
      person.created_at = session.created_at AS "isNewUser",
      session.revoked_at IS NULL
        AND session.generation = 1
        AND request.consumed_at > now() - ${replaySeconds} * interval '1 s' AS replayable
    FROM otp_requests request
    JOIN sessions session ON session.id = request.session_id
    JOIN users person ON person.id = session.user_id
    WHERE request.id = ${requestId}::uuid AND request.consumed_at IS NOT NULL`;
  if (!opened) return undefined;
  const { isNewUser, replayable, ...session } = opened;
  if (!replayable) throw new AppError('otp_expired', 'The code was used. Request a new one.');
  return { userId: session.userId, isNewUser, session };
};
