import type { ErrorCode } from '@taar/contracts';
import { Prisma, type ServiceTx } from '@taar/db';
import { AppError } from '@taar/kit/errors';
import type { Deps } from '../deps.ts';

type Tx = Pick<ServiceTx<'auth'>, '$queryRaw' | '$executeRaw'>;
export type OtpRequester = { phoneHash: Uint8Array; deviceId: string; network: string | null };
type Quota = { matches: Prisma.Sql; seconds: number; points: number; code: ErrorCode };

const hourSeconds = 3_600;
const daySeconds = 24 * hourSeconds;

/** Puts requests that share a quota in order. The locks are taken in order of their keys. */
export const lockQuotas = (tx: Tx, { phoneHash, deviceId, network }: OtpRequester) => {
  const names = [Buffer.from(phoneHash).toString('hex'), deviceId, network ?? 'unknown'];
  return tx.$executeRaw`
    SELECT pg_advisory_xact_lock(key)
    FROM (
      SELECT hashtextextended('otp ' || name, 0) AS key
      FROM unnest(${names}::text[]) AS name
      ORDER BY key
    ) AS keys`;
};

/** Counts the codes that were sent in each quota's window, in the database. */
export const assertQuotas = async (tx: Tx, requester: OtpRequester, config: Deps['config']) => {
  for (const { matches, seconds, points, code } of quotasOf(requester, config)) {
    const [used] = await tx.$queryRaw<{ count: number; freeInMs: number }[]>`
      SELECT count(*)::int AS count,
        coalesce(extract(epoch FROM min(created_at) - now()) * 1000, 0)::int + ${seconds * 1_000}
          AS "freeInMs"
      FROM otp_requests
      WHERE ${matches}
        AND provider = 'firebase'
        AND created_at > now() - ${seconds} * interval '1 s'`;
    if (used!.count >= points)
      throw new AppError(code, 'Too many codes were requested. Try again later.', {
        retryAfterMs: used!.freeInMs,
      });
  }
};

const quotasOf = (
  { phoneHash, deviceId, network }: OtpRequester,
  config: Deps['config'],
): Quota[] => {
  const phone = Prisma.sql`phone_hash = ${phoneHash}`;
  const device = Prisma.sql`device_id = ${deviceId}::uuid`;
  const address = Prisma.sql`ip = ${network}::inet`;
  const quota = (
    matches: Prisma.Sql,
    seconds: number,
    points: number,
    code: ErrorCode = 'rate_limited',
  ) => ({ matches, seconds, points: points * config.RATE_LIMIT_FACTOR, code });
  return [
    quota(phone, config.OTP_RESEND_SECONDS, 1, 'otp_resend_too_soon'),
    quota(phone, hourSeconds, config.OTP_PER_PHONE_PER_HOUR),
    quota(phone, daySeconds, config.OTP_PER_PHONE_PER_DAY),
    quota(device, hourSeconds, config.OTP_PER_DEVICE_PER_HOUR),
    ...(network ? [quota(address, hourSeconds, config.OTP_PER_NETWORK_PER_HOUR)] : []),
  ];
};
