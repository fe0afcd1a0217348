import type { PrismaClient } from '@taar/db';
import { currentContext } from '@taar/kit/context';
import type { SessionNotification } from './push-jobs.ts';

/** Queues a push about a session to the user's other devices. Call in the causing transaction. */
export const notifyOtherDevices = (
  tx: Pick<PrismaClient, '$executeRaw'>,
  session: { id: string; userId: string },
  notification: SessionNotification,
) => {
  const requestId = currentContext()?.requestId ?? null;
  return tx.$executeRaw`
    INSERT INTO outbox (topic, key, payload, request_id)
    SELECT
      'push.' || platform,
      id,
      ${JSON.stringify(notification)}::jsonb || jsonb_build_object('sessionId', id),
      ${requestId}::uuid
    FROM sessions
    WHERE user_id = ${session.userId}::uuid
      AND id <> ${session.id}::uuid
      AND revoked_at IS NULL
      AND expires_at > now()
      AND push_token IS NOT NULL`;
};
