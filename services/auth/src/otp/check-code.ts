import { AppError } from '@taar/kit/errors';
import { emitMetrics } from '@taar/kit/metrics';
import type { Deps } from '../deps.ts';
import { FirebaseRejection } from '../firebase/breaker.ts';
import { sameBytes } from '../secrets.ts';
import { type Attempt, findRequest, giveBackAttempt, takeAttempt } from './attempts.ts';
import { countVerified } from './prefix.ts';
import type { Proof } from './proof.ts';
import { isTransient } from './translate-firebase-error.ts';

type Needs = Pick<Deps, 'db' | 'config' | 'secrets' | 'logger' | 'identityToolkit'>;
export type Given = { verificationId: string; phoneNumber: string; code: string; deviceId: string };

const busyMs = 30_000;
const waitMs = 3_000;
const lookEveryMs = 50;

const wrong = ({ config }: Needs, { attempts }: Attempt) =>
  new AppError('otp_invalid', 'The code is wrong.', {
    attemptsRemaining: Math.max(0, config.OTP_ATTEMPTS - attempts),
  });
const busy = () =>
  new AppError('dependency_unavailable', 'No code can be checked now.', { retryAfterMs: busyMs });
const expired = () => new AppError('otp_expired', 'Ask for a new code.');

const hashOf = ({ secrets }: Needs, { verificationId, code }: Given) =>
  secrets.mac('code', verificationId, code);

/** The code was right before: by its hash, as Firebase takes each code once. */
const repeated = async (deps: Needs, given: Given, attempt: Attempt): Promise<Proof> => {
  const { codeHash, firebaseUid } = attempt;
  if (!codeHash || !firebaseUid || !sameBytes(codeHash, hashOf(deps, given)))
    throw wrong(deps, attempt);
  await giveBackAttempt(deps.db, given.verificationId);
  return { requestId: given.verificationId, phoneNumber: given.phoneNumber, uid: firebaseUid };
};

/** Firebase has seen this code already: perhaps from a twin of this request that is still busy. */
const byTwin = async (deps: Needs, given: Given, attempt: Attempt): Promise<Proof> => {
  const deadline = performance.now() + waitMs;
  for (;;) {
    const request = await findRequest(deps.db, given.verificationId);
    if (request?.verifiedAt) return repeated(deps, given, { ...attempt, ...request });
    if (!request || request.attempts < 2 || performance.now() > deadline) throw expired();
    await new Promise((resolve) => setTimeout(resolve, lookEveryMs));
  }
};

const askFirebase = async (deps: Needs, given: Given, attempt: Attempt): Promise<Proof> => {
  const { db, secrets, identityToolkit } = deps;
  if (!attempt.providerSessionCipher) throw expired();
  try {
    const session = secrets.open(attempt.providerSessionCipher);
    const uid = await identityToolkit.checkCode(session, given.code);
    return { requestId: given.verificationId, phoneNumber: given.phoneNumber, uid };
  } catch (error) {
    if (!(error instanceof FirebaseRejection) || isTransient(error)) {
      await giveBackAttempt(db, given.verificationId);
      throw error instanceof FirebaseRejection ? busy() : error;
    }
    if (error.message.startsWith('USER_DISABLED'))
      throw new AppError('account_suspended', 'The account is suspended.');
    if (/SESSION/.test(error.message)) return byTwin(deps, given, attempt);
    throw wrong(deps, attempt);
  }
};

const noteProof = async (deps: Needs, given: Given, uid: string, attempt: Attempt) => {
  const { db, logger } = deps;
  const noted = await db.$transaction(async (tx) => {
    const changed = await tx.$executeRaw`
      UPDATE otp_requests SET verified_at = now(), firebase_uid = ${uid},
        code_hash = ${hashOf(deps, given)}, attempts = attempts - 1, provider_session_cipher = NULL
      WHERE id = ${given.verificationId}::uuid AND verified_at IS NULL`;
    if (changed > 0) await countVerified(tx, attempt.prefix);
    return changed > 0;
  });
  if (noted) emitMetrics(logger, {}, [{ name: 'otpVerified', unit: 'Count', value: 1 }]);
};

/**
 * Checks a code. The attempt is taken before anybody looks at the code, so that wrong codes that
 * race are counted one by one; it is given back where the code was not wrong.
 */
export const checkCode = async (deps: Needs, given: Given): Promise<Proof> => {
  const attempt = await takeAttempt(deps.db, deps.config, given);
  if (!sameBytes(attempt.phoneHash, deps.secrets.mac('phone', given.phoneNumber)))
    throw wrong(deps, attempt);
  if (attempt.verifiedAt) return repeated(deps, given, attempt);
  const proof = await askFirebase(deps, given, attempt);
  await noteProof(deps, given, proof.uid, attempt);
  return proof;
};
