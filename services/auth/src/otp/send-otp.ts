import { type AppVerification, type Input, type authRest, otpLength } from '@taar/contracts';
import type { ServiceTx } from '@taar/db';
import type { Caller } from '@taar/kit/auth';
import { AppError } from '@taar/kit/errors';
import { emitMetrics } from '@taar/kit/metrics';
import type { Deps } from '../deps.ts';
import { UnknownOutcome } from '../firebase/breaker.ts';
import { networkOf } from './network.ts';
import { readPhoneNumber } from './phone-number.ts';
import { assessPrefix, countSent, lockPrefix } from './prefix.ts';
import { type OtpRequester, assertQuotas, lockQuotas } from './quotas.ts';
import { translateFirebaseError } from './translate-firebase-error.ts';

type Needs = Pick<Deps, 'db' | 'config' | 'secrets' | 'logger' | 'identityToolkit'>;
type Request = { id: string; expiresAt: Date };

const throttledRetryMs = 3_600_000;

/** Reads no account, so that the answer for a number with an account is the same as without one. */
export const sendOtp = async (
  deps: Needs,
  { address }: Caller,
  { phoneNumber, locale, device, appVerification = {} }: Input<typeof authRest.sendOtp>,
) => {
  const { db, config, secrets, logger, identityToolkit } = deps;
  const { country, prefix } = readPhoneNumber(phoneNumber, config.SMS_REGIONS);
  const requester = {
    phoneHash: secrets.mac('phone', phoneNumber),
    deviceId: device.deviceId,
    network: networkOf(address),
  };
  const request = await reserve(deps, requester, prefix, appVerification);

  const session = await identityToolkit
    .sendCode(phoneNumber, locale, strongProofOr(appVerification))
    .catch(async (error: unknown) => {
      // A code that may have been sent still counts.
      if (!(error instanceof UnknownOutcome)) await release(deps, request.id, prefix);
      throw translateFirebaseError(error);
    });
  await db.otpRequest.update({
    where: { id: request.id },
    data: { providerSessionCipher: secrets.seal(session) },
  });
  emitMetrics(logger, { country }, [{ name: 'otpSent', unit: 'Count', value: 1 }]);
  return {
    verificationId: request.id,
    expiresAt: request.expiresAt.toISOString(),
    resendAfterSeconds: config.OTP_RESEND_SECONDS,
    codeLength: otpLength,
    channel: 'sms' as const,
  };
};

/**
 * Counts the request before the code is sent, so that concurrent requests cannot exceed a quota.
 */
const reserve = (deps: Needs, requester: OtpRequester, prefix: string, proof: AppVerification) => {
  const { db, config } = deps;
  return db.$transaction(async (tx) => {
    await lockQuotas(tx, requester);
    await assertNotJustSent(tx, requester, config);
    await assertQuotas(tx, requester, config);
    await lockPrefix(tx, prefix);
    const assessment = await assessPrefix(tx, config, prefix);
    const { verdict } = assessment;
    if (verdict === 'refuse' || (verdict === 'attest' && !isStrong(proof)))
      throw throttled(deps, assessment, prefix);
    await countSent(tx, prefix, config.SMS_COST_MICROS);
    const [request] = await tx.$queryRaw<Request[]>`
      INSERT INTO otp_requests (phone_hash, prefix, device_id, ip, provider, expires_at)
      VALUES
        (${requester.phoneHash}, ${prefix}, ${requester.deviceId}::uuid,
          ${requester.network}::inet, 'firebase',
          now() + ${config.OTP_SECONDS} * interval '1 s')
      RETURNING id, expires_at AS "expiresAt"`;
    return request!;
  });
};

/** A device that asks again too early gets the id of the code that it has. */
const assertNotJustSent = async (
  tx: ServiceTx<'auth'>,
  { phoneHash, deviceId }: OtpRequester,
  { OTP_RESEND_SECONDS }: Deps['config'],
) => {
  const [recent] = await tx.$queryRaw<(Request & { freeInMs: number })[]>`
    SELECT id, expires_at AS "expiresAt",
      (extract(epoch FROM created_at - now()) * 1000)::int + ${OTP_RESEND_SECONDS * 1_000}
        AS "freeInMs"
    FROM otp_requests
    WHERE phone_hash = ${phoneHash}
      AND device_id = ${deviceId}::uuid
      AND verified_at IS NULL
      AND created_at > now() - ${OTP_RESEND_SECONDS} * interval '1 s'
    ORDER BY created_at DESC
    LIMIT 1`;
  if (recent)
    throw new AppError('otp_resend_too_soon', 'A code was sent a moment ago.', {
      retryAfterMs: recent.freeInMs,
      verificationId: recent.id,
      expiresAt: recent.expiresAt.toISOString(),
    });
};

const throttled = (
  { logger }: Needs,
  { verdict, sent, verified }: Awaited<ReturnType<typeof assessPrefix>>,
  prefix: string,
) => {
  const metric = { name: 'otpThrottled', unit: 'Count', value: 1 } as const;
  emitMetrics(logger, { verdict }, [metric], { prefix, sent, verified });
  return verdict === 'refuse'
    ? new AppError('otp_region_throttled', 'No codes are sent to this region now.', {
        retryAfterMs: throttledRetryMs,
      })
    : new AppError('app_verification_required', 'Send a strong proof of a genuine app.', {
        accepted: ['playIntegrityToken', 'iosReceipt', 'captchaResponse'],
      });
};

const release = ({ db, config }: Needs, id: string, prefix: string) =>
  db.$transaction(async (tx) => {
    const { count } = await tx.otpRequest.deleteMany({ where: { id } });
    if (count > 0) await countSent(tx, prefix, config.SMS_COST_MICROS, -1);
  });

/** Leaves a weak proof out beside a strong one, as Firebase might check only the weak one. */
const strongProofOr = (proof: AppVerification): AppVerification => {
  const { recaptchaToken: _weak, ...strong } = proof;
  return isStrong(proof) ? strong : proof;
};

const isStrong = ({
  playIntegrityToken,
  iosReceipt,
  iosSecret,
  captchaResponse,
}: AppVerification) => Boolean(playIntegrityToken || (iosReceipt && iosSecret) || captchaResponse);
