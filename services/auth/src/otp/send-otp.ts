import { type AppVerification, type Input, type authRest, otpLength } from '@taar/contracts';
import type { Caller } from '@taar/kit/auth';
import { AppError } from '@taar/kit/errors';
import { emitMetrics } from '@taar/kit/metrics';
import type { Deps } from '../deps.ts';
import { UnknownOutcome } from '../firebase/breaker.ts';
import { networkOf } from './network.ts';
import { readPhoneNumber } from './phone-number.ts';
import { countSent, judgePrefix, lockPrefix } from './prefix.ts';
import { assertQuotas, lockSender } from './quotas.ts';
import { translateFirebaseError } from './translate-firebase-error.ts';

type Needs = Pick<Deps, 'db' | 'config' | 'secrets' | 'logger' | 'identityToolkit'>;
type Sender = { phoneHash: Uint8Array; deviceId: string; network: string | null };
type Request = { id: string; expiresAt: Date };

/** A device that asks again too soon is told which code it already has. */
const assertNotJustSent = async (
  tx: Parameters<Parameters<Deps['db']['$transaction']>[0]>[0],
  { phoneHash, deviceId }: Sender,
  { OTP_RESEND_SECONDS }: Deps['config'],
) => {
  const [live] = await tx.$queryRaw<(Request & { freeInMs: number })[]>`
    SELECT id, expires_at AS "expiresAt", (extract(epoch FROM created_at - now()) * 1000)::int
      + ${OTP_RESEND_SECONDS * 1_000} AS "freeInMs"
    FROM otp_requests
    WHERE phone_hash = ${phoneHash} AND device_id = ${deviceId}::uuid AND verified_at IS NULL
      AND created_at > now() - ${OTP_RESEND_SECONDS} * interval '1 s'
    ORDER BY created_at DESC LIMIT 1`;
  if (live)
    throw new AppError('otp_resend_too_soon', 'A code is on its way.', {
      retryAfterMs: live.freeInMs,
      verificationId: live.id,
      expiresAt: live.expiresAt.toISOString(),
    });
};

const isStrong = ({
  playIntegrityToken,
  iosReceipt,
  iosSecret,
  captchaResponse,
}: AppVerification) => Boolean(playIntegrityToken || (iosReceipt && iosSecret) || captchaResponse);

/** Were a weak proof passed on too, that one might be checked and the strong one be made up. */
const strongestOf = (proof: AppVerification): AppVerification => {
  const { recaptchaToken: _weak, ...strong } = proof;
  return isStrong(proof) ? strong : proof;
};

/** Judgements change with the hours that they are made over. */
const judgedAnewMs = 3_600_000;

const throttled = (
  { logger }: Needs,
  { verdict, sent, verified }: Awaited<ReturnType<typeof judgePrefix>>,
  prefix: string,
) => {
  const metric = { name: 'otpThrottled', unit: 'Count', value: 1 } as const;
  emitMetrics(logger, { verdict }, [metric], { prefix, sent, verified });
  return verdict === 'refuse'
    ? new AppError('otp_region_throttled', 'Codes for this region are held back.', {
        retryAfterMs: judgedAnewMs,
      })
    : new AppError('app_verification_required', 'Send a strong proof of a genuine app.', {
        accepted: ['playIntegrityToken', 'iosReceipt', 'captchaResponse'],
      });
};

/** Takes the request into the books before the code is sent, so that no race sends one for free. */
const reserve = (deps: Needs, sender: Sender, prefix: string, proof: AppVerification) => {
  const { db, config } = deps;
  return db.$transaction(async (tx) => {
    await lockSender(tx, sender);
    await assertNotJustSent(tx, sender, config);
    await assertQuotas(tx, sender, config);
    await lockPrefix(tx, prefix);
    const judged = await judgePrefix(tx, config, prefix);
    if (judged.verdict === 'refuse' || (judged.verdict === 'attest' && !isStrong(proof)))
      throw throttled(deps, judged, prefix);
    await countSent(tx, prefix, config.SMS_COST_MICROS);
    const [request] = await tx.$queryRaw<Request[]>`
      INSERT INTO otp_requests (phone_hash, prefix, device_id, ip, provider, expires_at)
      VALUES (${sender.phoneHash}, ${prefix}, ${sender.deviceId}::uuid, ${sender.network}::inet,
        'firebase', now() + ${config.OTP_SECONDS} * interval '1 s')
      RETURNING id, expires_at AS "expiresAt"`;
    return request!;
  });
};

const release = ({ db, config }: Needs, id: string, prefix: string) =>
  db.$transaction(async (tx) => {
    const { count } = await tx.otpRequest.deleteMany({ where: { id } });
    if (count > 0) await countSent(tx, prefix, config.SMS_COST_MICROS, -1);
  });

/** Nothing here looks at accounts: a number that has one is answered like one that has none. */
export const sendOtp = async (
  deps: Needs,
  { address }: Caller,
  { phoneNumber, locale, device, appVerification = {} }: Input<typeof authRest.sendOtp>,
) => {
  const { db, config, secrets, logger, identityToolkit } = deps;
  const { country, prefix } = readPhoneNumber(phoneNumber, config.SMS_REGIONS);
  const sender = {
    phoneHash: secrets.mac('phone', phoneNumber),
    deviceId: device.deviceId,
    network: networkOf(address),
  };
  const request = await reserve(deps, sender, prefix, appVerification);

  const session = await identityToolkit
    .sendCode(phoneNumber, locale, strongestOf(appVerification))
    .catch(async (error: unknown) => {
      // A code that may be on its way stays in the books.
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
