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

/** How long a number that was proven may be used: the phone may log in first and then sign up. */
const provenSeconds = 600;

export const findRequest = (db: Db, id: string) => db.otpRequest.findUnique({ where: { id } });

const refusalOf = async (db: Db, config: Config, id: string, deviceId: string) => {
  const request = await findRequest(db, id);
  if (request && request.deviceId !== deviceId)
    return new AppError('conflict', 'The code was asked for by another device.');
  if (request && request.attempts >= config.OTP_ATTEMPTS)
    return new AppError('otp_attempts_exceeded', 'Ask for a new code.');
  return new AppError('otp_expired', 'Ask for a new code.');
};

/** Takes one of the few attempts of a live request; throws when there is none to take. */
export const takeAttempt = async (
  db: Db,
  config: Config,
  { verificationId, deviceId }: { verificationId: string; deviceId: string },
) => {
  const [attempt] = await db.$queryRaw<Attempt[]>`
    UPDATE otp_requests SET attempts = attempts + 1
    WHERE id = ${verificationId}::uuid AND device_id = ${deviceId}::uuid AND provider = 'firebase'
      AND attempts < ${config.OTP_ATTEMPTS}
      AND coalesce(verified_at + ${provenSeconds} * interval '1 s', expires_at) > now()
    RETURNING attempts, prefix, phone_hash AS "phoneHash", verified_at AS "verifiedAt",
      firebase_uid AS "firebaseUid", code_hash AS "codeHash",
      provider_session_cipher AS "providerSessionCipher"`;
  if (!attempt) throw await refusalOf(db, config, verificationId, deviceId);
  return attempt;
};

export const giveBackAttempt = (db: Db, id: string) => db.$executeRaw`
  UPDATE otp_requests SET attempts = greatest(attempts - 1, 0) WHERE id = ${id}::uuid`;
