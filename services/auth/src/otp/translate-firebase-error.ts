import { invalidField } from '@taar/kit/edge';
import { AppError } from '@taar/kit/errors';
import { FirebaseRejection } from '../firebase/breaker.ts';

const proofMissing = /^MISSING_(CLIENT_IDENTIFIER|RECAPTCHA|APP_CREDENTIAL|IOS)/;
const proofInvalid =
  /RECAPTCHA|CAPTCHA|APP_CREDENTIAL|PLAY_INTEGRITY|SAFETY_NET|IOS_|APP_NOT_VERIFIED/;
const overloaded = /QUOTA|TOO_MANY|UNAVAILABLE|RATE/;
const overloadedRetryMs = 60_000;

/** The error for a client whose code Firebase rejected to send. Other errors stay as they are. */
export const translateFirebaseError = (thrown: unknown): unknown => {
  if (!(thrown instanceof FirebaseRejection)) return thrown;
  const { message } = thrown;
  if (proofMissing.test(message))
    return new AppError('app_verification_required', 'Send a proof of a genuine app.');
  if (proofInvalid.test(message))
    return new AppError('app_verification_failed', 'The proof of a genuine app is not valid.');
  if (message.startsWith('INVALID_PHONE_NUMBER'))
    return invalidField('phoneNumber', 'phone.unknown');
  return isOverloaded(thrown)
    ? new AppError('sms_provider_rejected', 'The SMS provider is busy. Try again later.', {
        permanent: false,
        retryAfterMs: overloadedRetryMs,
      })
    : new AppError('sms_provider_rejected', 'The SMS provider does not accept this number.', {
        permanent: true,
      });
};

/** Firebase rejects requests while it is overloaded, whatever they contain. */
export const isOverloaded = ({ message }: FirebaseRejection) => overloaded.test(message);
