import { randomBytes } from 'node:crypto';
import { isIP } from 'node:net';
import type { Device } from '@taar/contracts';
import type { ServiceTx } from '@taar/db';
import { AppError } from '@taar/kit/errors';
import { lockSessions, revokeSessions } from '@taar/runtime/sessions/revoke-sessions';
import type { Config } from '../config.ts';
import { assignPushToken } from './assign-push-token.ts';
import type { SessionForTokens } from './issue-tokens.ts';

type Tx = ServiceTx<'auth'>;
export type OpenedSession = SessionForTokens & { createdAt: Date };
type Opening = { config: Config; userId: string; address: string; device: Device };

const saltBytes = 16;

/**
 * Requires a lock against concurrent sign-ins of the user. `ended` are the ids of the sessions that
 * it ended: the former one of the same device, and those beyond the limit of devices.
 */
export const openSession = async (tx: Tx, { config, userId, address, device }: Opening) => {
  await lockSessions(tx, userId);
  const former = await revokeSessions(tx, { userId, deviceId: device.deviceId }, 'replaced');
  const surplus = await enforceDeviceLimit(tx, userId, config);
  const ip = isIP(address) ? address : null;
  const [session] = await tx.$queryRaw<OpenedSession[]>`
    INSERT INTO sessions
      (user_id, device_id, platform, model, app_version, locale, ip, salt, expires_at)
    VALUES
      (${userId}::uuid, ${device.deviceId}::uuid, ${device.platform}, ${device.model},
        ${device.appVersion}, ${device.locale}, ${ip}::inet, ${randomBytes(saltBytes)},
        now() + ${config.SESSION_IDLE_SECONDS} * interval '1 s')
    RETURNING id, user_id AS "userId", device_id AS "deviceId", salt, generation,
      expires_at AS "expiresAt", created_at AS "createdAt"`;
  if (device.pushToken) await assignPushToken(tx, session!.id, device.pushToken);
  return { session: session!, ended: [...former, ...surplus] };
};

/** Ends the sessions that were idle longest, or throws, so that one more fits. */
const enforceDeviceLimit = async (tx: Tx, userId: string, config: Config) => {
  const live = await tx.session.findMany({
    where: { userId, revokedAt: null, expiresAt: { gt: new Date() } },
    orderBy: { lastUsedAt: 'desc' },
    select: { id: true },
  });
  const surplus = live.slice(config.MAX_DEVICES - 1).map(({ id }) => id);
  if (surplus.length === 0) return [];
  if (config.DEVICE_LIMIT === 'refuse')
    throw new AppError(
      'conflict',
      `The account is signed in on ${live.length} devices already. Sign out on one of them.`,
    );
  return revokeSessions(tx, { ids: surplus }, 'device_limit');
};
