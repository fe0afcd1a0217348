import type { AuthDb } from '@taar/db';
import { AppError } from '@taar/kit/errors';
import type { Config } from '../config.ts';

type Db = Pick<AuthDb, 'otpRequest' | '$queryRaw' | '$executeRaw'>;
export type Attempt = {
  attempts: number;
  prefix: string;
  phoneHash: Uint8Array;
  verifiedAt: Date | null;
  firebaseUid: string | null;
  codeHash: Uint8Array | null;
  providerSessionCipher: Uint8Array | null;
};

/** How long a proven number can be used: a phone may try to log in first and then sign up. */
const provenSeconds = 600;

export const findOtpRequest = (db: Db, id: string) => db.otpRequest.findUnique({ where: { id } });

/** Counts one of the few attempts at a code. Throws when none is left or the code has expired. */
export const takeAttempt = async (
  db: Db,
  config: Config,
  { verificationId, deviceId }: { verificationId: string; deviceId: string },
) => {
  const [attempt] = await db.$queryRaw<Attempt[]>`
    UPDATE otp_requests
    SET attempts = attempts + 1
    WHERE id = ${verificationId}::uuid
      AND device_id = ${deviceId}::uuid
      AND provider = 'firebase'
      AND attempts < ${config.OTP_ATTEMPTS}
      AND coalesce(verified_at + ${provenSeconds} * interval '1 s', expires_at) > now()
    RETURNING attempts, prefix, phone_hash AS "phoneHash", verified_at AS "verifiedAt",
      firebase_uid AS "firebaseUid", code_hash AS "codeHash",
      provider_session_cipher AS "providerSessionCipher"`;
  if (!attempt) throw await noAttemptLeft(db, config, verificationId, deviceId);
  return attempt;
};

const noAttemptLeft = async (db: Db, config: Config, id: string, deviceId: string) => {
  const [request] = await db.$queryRaw<{ deviceId: string; attempts: number; isLive: boolean }[]>`
    SELECT device_id AS "deviceId", attempts,
      coalesce(verified_at + ${provenSeconds} * interval '1 s', expires_at) > now() AS "isLive"
    FROM otp_requests
    WHERE id = ${id}::uuid AND provider = 'firebase'`;
  if (request && request.deviceId !== deviceId)
    return new AppError('conflict', 'Another device requested this code.');
  if (request && request.attempts >= config.OTP_ATTEMPTS)
    return new AppError('otp_attempts_exceeded', 'Too many wrong codes. Request a new code.');
  // A concurrent request gave its attempt back after this one found none.
  if (request?.isLive)
    return new AppError('conflict', 'Other requests use this code now. Try again.');
  return new AppError('otp_expired', 'The code has expired. Request a new code.');
};

export const giveBackAttempt = (db: Db, id: string) => db.$executeRaw`
  UPDATE otp_requests
  SET attempts = greatest(attempts - 1, 0)
  WHERE id = ${id}::uuid`;
