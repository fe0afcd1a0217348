import { randomBytes } from 'node:crypto';
import { isIP } from 'node:net';
import type { Device } from '@taar/contracts';
import type { ServiceTx } from '@taar/db';
import { lockSessions, revokeSessions } from '@taar/runtime/sessions';
import { AppError } from '@taar/kit/errors';
import type { Config } from '../config.ts';
import type { IssuedSession } from './issue-tokens.ts';
import { assignPushToken } from './assign-push-token.ts';

type Tx = ServiceTx<'auth'>;
export type OpenedSession = IssuedSession & { createdAt: Date };

const saltBytes = 16;

/** The account has room for one more device, or makes it by ending the one that was idle longest. */
const makeRoom = async (tx: Tx, userId: string, config: Config) => {
  const live = await tx.session.findMany({
    where: { userId, revokedAt: null, expiresAt: { gt: new Date() } },
    orderBy: { lastUsedAt: 'desc' },
    select: { id: true },
  });
  const surplus = live.slice(config.MAX_DEVICES - 1).map(({ id }) => id);
  if (surplus.length === 0) return [];
  if (config.DEVICE_LIMIT === 'refuse')
    throw new AppError('conflict', `The account is signed in on ${live.length} devices already.`);
  return revokeSessions(tx, { ids: surplus }, 'device_limit');
};

/**
 * Opens a session for a device of a user whose row is locked. Answers it together with the
 * sessions that had to end for it: the device's former one, and what is over the limit.
 */
export const openSession = async (
  tx: Tx,
  config: Config,
  userId: string,
  address: string,
  device: Device,
) => {
  await lockSessions(tx, userId);
  const former = await revokeSessions(tx, { userId, deviceId: device.deviceId }, 'replaced');
  const surplus = await makeRoom(tx, userId, config);
  const [session] = await tx.$queryRaw<OpenedSession[]>`
    INSERT INTO sessions (user_id, device_id, platform, model, app_version, locale, ip, salt, expires_at)
    VALUES (${userId}::uuid, ${device.deviceId}::uuid, ${device.platform}, ${device.model},
      ${device.appVersion}, ${device.locale}, ${isIP(address) ? address : null}::inet, ${randomBytes(saltBytes)},
      now() + ${config.SESSION_IDLE_SECONDS} * interval '1 s')
    RETURNING id, user_id AS "userId", device_id AS "deviceId", salt, generation,
      expires_at AS "expiresAt", created_at AS "createdAt"`;
  if (device.pushToken) await assignPushToken(tx, session!.id, device.pushToken);
  return { session: session!, ended: [...former, ...surplus] };
};
