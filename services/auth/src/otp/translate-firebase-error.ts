import { AppError } from '@taar/kit/errors';
import { invalidField } from '@taar/kit/edge';
import { FirebaseRejection } from '../firebase/breaker.ts';

const missing = /^MISSING_(CLIENT_IDENTIFIER|RECAPTCHA|APP_CREDENTIAL|IOS)/;
const failed = /RECAPTCHA|CAPTCHA|APP_CREDENTIAL|PLAY_INTEGRITY|SAFETY_NET|IOS_|APP_NOT_VERIFIED/;
const passing = /QUOTA|TOO_MANY|UNAVAILABLE|RATE/;
const passingRetryMs = 60_000;

/** Firebase has too much to do: that says nothing of what it was asked. */
export const isTransient = ({ message }: FirebaseRejection) => passing.test(message);

/** Why Firebase would not send a code, in our words. */
export const translateFirebaseError = (thrown: unknown): unknown => {
  if (!(thrown instanceof FirebaseRejection)) return thrown;
  const { message } = thrown;
  if (missing.test(message))
    return new AppError('app_verification_required', 'Send proof of a genuine app.');
  if (failed.test(message))
    return new AppError('app_verification_failed', 'The proof of a genuine app was refused.');
  if (message.startsWith('INVALID_PHONE_NUMBER'))
    return invalidField('phoneNumber', 'phone.unknown');
  return isTransient(thrown)
    ? new AppError('sms_provider_rejected', 'The provider sends nothing now.', {
        permanent: false,
        retryAfterMs: passingRetryMs,
      })
    : new AppError('sms_provider_rejected', 'The provider refuses this number.', {
        permanent: true,
      });
};
