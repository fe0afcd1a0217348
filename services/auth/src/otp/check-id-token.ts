import { AppError } from '@taar/kit/errors';
import type { Deps } from '../deps.ts';
import { FirebaseRejection } from '../firebase/breaker.ts';
import type { Proof } from './proof.ts';

type Needs = Pick<Deps, 'db' | 'config' | 'secrets' | 'firebaseAdmin'>;

const clockToleranceSeconds = 60;

const invalid = () => new AppError('unauthenticated', 'The ID token is not valid.');

const verified = async ({ firebaseAdmin }: Needs, idToken: string) => {
  try {
    return await firebaseAdmin.verifyIdToken(idToken);
  } catch (error) {
    if (!(error instanceof FirebaseRejection)) throw error;
    if (error.message === 'auth/user-disabled')
      throw new AppError('account_suspended', 'The account is suspended.');
    throw invalid();
  }
};

const isFresh = ({ config }: Needs, authTime: number) => {
  const age = Date.now() / 1_000 - authTime;
  return age <= config.ID_TOKEN_MAX_AGE_SECONDS && age >= -clockToleranceSeconds;
};

/** Named by the sign-in and not by the token's bytes, of which one sign-in may have many. */
const idOf = ({ secrets }: Needs, uid: string, authTime: number) => {
  const hash = Buffer.from(secrets.mac('code', `id token ${uid} ${authTime}`)).toString('hex');
  return hash.slice(0, 32).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
};

/** The number comes from the verified claim alone, and one sign-in at Firebase serves one device. */
export const checkIdToken = async (
  deps: Needs,
  idToken: string,
  deviceId: string,
): Promise<Proof> => {
  const { db, config, secrets } = deps;
  const {
    uid,
    phone_number: phoneNumber,
    auth_time: authTime,
    firebase,
  } = await verified(deps, idToken);
  if (firebase.sign_in_provider !== 'phone' || !phoneNumber || !isFresh(deps, authTime))
    throw invalid();

  const requestId = idOf(deps, uid, authTime);
  await db.$executeRaw`
    INSERT INTO otp_requests (id, phone_hash, prefix, device_id, provider, expires_at, verified_at, firebase_uid)
    VALUES (${requestId}::uuid, ${secrets.mac('phone', phoneNumber)}, '', ${deviceId}::uuid, 'id_token',
      now() + ${config.ID_TOKEN_MAX_AGE_SECONDS} * interval '1 s', now(), ${uid})
    ON CONFLICT (id) DO NOTHING`;
  const request = await db.otpRequest.findUnique({ where: { id: requestId } });
  if (request?.deviceId !== deviceId) throw invalid();
  return { requestId, phoneNumber, uid };
};
