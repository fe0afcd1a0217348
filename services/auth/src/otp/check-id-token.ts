import { AppError } from '@taar/kit/errors';
import type { Deps } from '../deps.ts';
import { FirebaseRejection } from '../firebase/breaker.ts';
import type { Proof } from './proof.ts';

type Needs = Pick<Deps, 'db' | 'config' | 'secrets' | 'firebaseAdmin'>;

const clockToleranceSeconds = 60;

/**
 * Accepts the ID token of a recent sign-in at Firebase. The number comes from the verified token,
 * and a sign-in can be used by one device only.
 */
export const checkIdToken = async (
  deps: Needs,
  idToken: string,
  deviceId: string,
): Promise<Proof> => {
  const { db, config, secrets } = deps;
  const token = await verify(deps, idToken);
  const { uid, phone_number: phoneNumber, auth_time: authTime, firebase } = token;
  if (firebase.sign_in_provider !== 'phone' || !phoneNumber || !isRecent(deps, authTime))
    throw invalid();

  const requestId = requestIdOf(deps, uid, authTime);
  await db.$executeRaw`
    INSERT INTO otp_requests
      (id, phone_hash, prefix, device_id, provider, expires_at, verified_at, firebase_uid)
    VALUES
      (${requestId}::uuid, ${secrets.mac('phone', phoneNumber)}, '', ${deviceId}::uuid, 'id_token',
        now() + ${config.ID_TOKEN_MAX_AGE_SECONDS} * interval '1 s', now(), ${uid})
    ON CONFLICT (id) DO NOTHING`;
  const request = await db.otpRequest.findUnique({ where: { id: requestId } });
  if (request?.deviceId !== deviceId) throw invalid();
  return { requestId, phoneNumber, uid };
};

const verify = async ({ firebaseAdmin }: Needs, idToken: string) => {
  try {
    return await firebaseAdmin.verifyIdToken(idToken);
  } catch (error) {
    if (!(error instanceof FirebaseRejection)) throw error;
    if (error.message === 'auth/user-disabled')
      throw new AppError('account_suspended', 'The account is suspended.');
    throw invalid();
  }
};

const invalid = () => new AppError('unauthenticated', 'The ID token is not valid.');

const isRecent = ({ config }: Needs, authTime: number) => {
  const ageSeconds = Date.now() / 1_000 - authTime;
  return ageSeconds <= config.ID_TOKEN_MAX_AGE_SECONDS && ageSeconds >= -clockToleranceSeconds;
};

/** Derived from the sign-in and not from the token, because one sign-in can have many tokens. */
const requestIdOf = ({ secrets }: Needs, uid: string, authTime: number) => {
  const hash = Buffer.from(secrets.mac('code', `id token ${uid} ${authTime}`)).toString('hex');
  return hash.slice(0, 32).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
};
