import type { ServiceTx } from '@taar/db';
import { currentContext } from '@taar/kit/context';
import type { SessionNotification } from './push-jobs.ts';

/**
 * Pushes to the other devices of a person what became of one of their sessions, in the
 * transaction that did it.
 */
export const notifyOtherDevices = (
  tx: Pick<ServiceTx<'auth'>, '$executeRaw'>,
  session: { id: string; userId: string },
  notification: SessionNotification,
) => tx.$executeRaw`
  INSERT INTO outbox (topic, key, payload, request_id)
  SELECT 'push.' || platform, id,
    ${JSON.stringify(notification)}::jsonb || jsonb_build_object('sessionId', id),
    ${currentContext()?.requestId ?? null}::uuid
  FROM sessions
  WHERE user_id = ${session.userId}::uuid AND id <> ${session.id}::uuid
    AND revoked_at IS NULL AND expires_at > now() AND push_token IS NOT NULL`;
