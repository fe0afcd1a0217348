import { setTimeout as sleep } from 'node:timers/promises';
import { AppError } from '@taar/kit/errors';
import { emitMetrics } from '@taar/kit/metrics';
import type { Deps } from '../deps.ts';
import { FirebaseRejection } from '../firebase/breaker.ts';
import { sameBytes } from '../secrets.ts';
import { type Attempt, findOtpRequest, giveBackAttempt, takeAttempt } from './attempts.ts';
import { countVerified } from './prefix.ts';
import type { Proof } from './proof.ts';
import { isOverloaded } from './translate-firebase-error.ts';

type Needs = Pick<Deps, 'db' | 'config' | 'secrets' | 'logger' | 'identityToolkit'>;
type GivenCode = { verificationId: string; phoneNumber: string; code: string; deviceId: string };

const overloadedRetryMs = 30_000;
const duplicateWaitMs = 3_000;
const pollMs = 50;

/**
 * Checks a code. The attempt is counted before the code is compared, so that racing guesses all
 * count, and is given back unless the code was wrong.
 */
export const checkCode = async (deps: Needs, given: GivenCode): Promise<Proof> => {
  const attempt = await takeAttempt(deps.db, deps.config, given);
  if (!sameBytes(attempt.phoneHash, deps.secrets.mac('phone', given.phoneNumber)))
    throw wrongCode(deps, attempt);
  if (attempt.verifiedAt) return confirmReplay(deps, given, attempt);
  const proof = await askFirebase(deps, given, attempt);
  await recordProof(deps, given, proof.uid, attempt);
  return proof;
};

/** Compares the code with the stored hash, because Firebase accepts each code only once. */
const confirmReplay = async (deps: Needs, given: GivenCode, attempt: Attempt): Promise<Proof> => {
  const { codeHash, firebaseUid } = attempt;
  if (!codeHash || !firebaseUid || !sameBytes(codeHash, hashCode(deps, given)))
    throw wrongCode(deps, attempt);
  await giveBackAttempt(deps.db, given.verificationId);
  return { requestId: given.verificationId, phoneNumber: given.phoneNumber, uid: firebaseUid };
};

const askFirebase = async (deps: Needs, given: GivenCode, attempt: Attempt): Promise<Proof> => {
  const { db, secrets, identityToolkit } = deps;
  if (!attempt.providerSessionCipher) throw expired();
  try {
    const session = secrets.open(attempt.providerSessionCipher);
    const uid = await identityToolkit.checkCode(session, given.code);
    return { requestId: given.verificationId, phoneNumber: given.phoneNumber, uid };
  } catch (error) {
    if (!(error instanceof FirebaseRejection)) {
      await giveBackAttempt(db, given.verificationId);
      throw error;
    }
    if (isOverloaded(error)) {
      await giveBackAttempt(db, given.verificationId);
      throw firebaseOverloaded();
    }
    if (error.message.startsWith('USER_DISABLED'))
      throw new AppError('account_suspended', 'The account is suspended.');
    if (/SESSION/.test(error.message)) return awaitConcurrentDuplicate(deps, given, attempt);
    throw wrongCode(deps, attempt);
  }
};

/**
 * Firebase accepted this code already: a concurrent duplicate may not have stored the proof yet.
 */
const awaitConcurrentDuplicate = async (
  deps: Needs,
  given: GivenCode,
  attempt: Attempt,
): Promise<Proof> => {
  const deadline = performance.now() + duplicateWaitMs;
  for (;;) {
    const request = await findOtpRequest(deps.db, given.verificationId);
    if (request?.verifiedAt) return confirmReplay(deps, given, { ...attempt, ...request });
    if (!request || request.attempts < 2 || performance.now() > deadline) throw expired();
    await sleep(pollMs);
  }
};

const recordProof = async (deps: Needs, given: GivenCode, uid: string, attempt: Attempt) => {
  const { db, logger } = deps;
  const isFirst = await db.$transaction(async (tx) => {
    const changed = await tx.$executeRaw`
      UPDATE otp_requests
      SET verified_at = now(), firebase_uid = ${uid}, code_hash = ${hashCode(deps, given)},
        attempts = attempts - 1, provider_session_cipher = NULL
      WHERE id = ${given.verificationId}::uuid AND verified_at IS NULL`;
    if (changed > 0) await countVerified(tx, attempt.prefix);
    return changed > 0;
  });
  if (isFirst) emitMetrics(logger, {}, [{ name: 'otpVerified', unit: 'Count', value: 1 }]);
};

const hashCode = ({ secrets }: Needs, { verificationId, code }: GivenCode) =>
  secrets.mac('code', verificationId, code);

const wrongCode = ({ config }: Needs, { attempts }: Attempt) =>
  new AppError('otp_invalid', 'The code is wrong.', {
    attemptsRemaining: Math.max(0, config.OTP_ATTEMPTS - attempts),
  });
const firebaseOverloaded = () =>
  new AppError('dependency_unavailable', 'Codes cannot be checked now. Try again shortly.', {
    retryAfterMs: overloadedRetryMs,
  });
const expired = () => new AppError('otp_expired', 'The code has expired. Request a new code.');
