import { Prisma, type ServiceTx } from '@taar/db';
import { AppError } from '@taar/kit/errors';
import type { ErrorCode } from '@taar/contracts';
import type { Deps } from '../deps.ts';

type Tx = Pick<ServiceTx<'auth'>, '$queryRaw' | '$executeRaw'>;
type Sender = { phoneHash: Uint8Array; deviceId: string; network: string | null };
type Quota = { of: Prisma.Sql; seconds: number; most: number; code: ErrorCode };

const hourSeconds = 3_600;
const daySeconds = 24 * hourSeconds;

const quotasOf = ({ phoneHash, deviceId, network }: Sender, config: Deps['config']): Quota[] => {
  const phone = Prisma.sql`phone_hash = ${phoneHash}`;
  const device = Prisma.sql`device_id = ${deviceId}::uuid`;
  const limit = (
    of: Prisma.Sql,
    seconds: number,
    most: number,
    code: ErrorCode = 'rate_limited',
  ) => ({
    of,
    seconds,
    most: most * config.RATE_LIMIT_FACTOR,
    code,
  });
  return [
    limit(phone, config.OTP_RESEND_SECONDS, 1, 'otp_resend_too_soon'),
    limit(phone, hourSeconds, config.OTP_PER_PHONE_PER_HOUR),
    limit(phone, daySeconds, config.OTP_PER_PHONE_PER_DAY),
    limit(device, hourSeconds, config.OTP_PER_DEVICE_PER_HOUR),
    ...(network
      ? [limit(Prisma.sql`ip = ${network}::inet`, hourSeconds, config.OTP_PER_NETWORK_PER_HOUR)]
      : []),
  ];
};

/** Those whose quotas meet wait for one another, always in the same order. */
export const lockSender = (tx: Tx, { phoneHash, deviceId, network }: Sender) => {
  const names = [Buffer.from(phoneHash).toString('hex'), deviceId, network ?? 'unknown'];
  return tx.$executeRaw`
    SELECT pg_advisory_xact_lock(key) FROM (
      SELECT hashtextextended('otp ' || name, 0) AS key FROM unnest(${names}::text[]) AS name
      ORDER BY key) AS keys`;
};

/** Counts what was sent already; without the database nothing is sent at all. */
export const assertQuotas = async (tx: Tx, sender: Sender, config: Deps['config']) => {
  for (const { of, seconds, most, code } of quotasOf(sender, config)) {
    const [used] = await tx.$queryRaw<{ count: number; freeInMs: number }[]>`
      SELECT count(*)::int AS count,
        coalesce(extract(epoch FROM min(created_at) - now()) * 1000, 0)::int + ${seconds * 1_000}
          AS "freeInMs"
      FROM otp_requests WHERE ${of} AND provider = 'firebase'
        AND created_at > now() - ${seconds} * interval '1 s'`;
    if (used!.count >= most)
      throw new AppError(code, 'Too many codes were asked for.', { retryAfterMs: used!.freeInMs });
  }
};
