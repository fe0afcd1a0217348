import type { AppVerification } from '@taar/contracts';
import { type Breaker, FirebaseRejection, FirebaseFailure } from './breaker.ts';

type Settings = {
  FIREBASE_API_KEY: string;
  FIREBASE_AUTH_EMULATOR_HOST?: string | undefined;
};
type Answer = Record<string, unknown> & { error?: { message?: string } };

const host = 'identitytoolkit.googleapis.com';

/** A header takes no other characters, and a call that cannot be made would look like an outage. */
const languageOf = (locale: string) => (/^[\w@=.-]+$/.test(locale) ? locale : 'en');

/**
 * The part of Firebase that sends and checks codes; the Admin SDK cannot. It asks for proof that a
 * genuine app stands behind the request, which the app gives to us.
 */
export const createIdentityToolkit = (settings: Settings, breaker: Breaker) => {
  const emulator = settings.FIREBASE_AUTH_EMULATOR_HOST;
  const base = `${emulator ? `http://${emulator}/${host}` : `https://${host}`}/v1/accounts`;

  const post = (method: string, body: object, headers: Record<string, string> = {}) =>
    breaker(async (signal) => {
      const url = `${base}:${method}?key=${encodeURIComponent(settings.FIREBASE_API_KEY)}`;
      const response = await fetch(url, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json', ...headers },
        body: JSON.stringify(body),
        signal,
      });
      if (response.status >= 500)
        throw new FirebaseFailure(`Identity Toolkit answered ${response.status}`);
      const answer = (await response.json()) as Answer;
      if (!response.ok)
        throw new FirebaseRejection(answer.error?.message ?? `HTTP ${response.status}`);
      return answer;
    });

  return {
    /** Answers the session by which the code is checked. */
    sendCode: async (phoneNumber: string, locale = 'en', proof: AppVerification = {}) => {
      const { iosBundleId, ...fields } = proof;
      const { sessionInfo } = await post(
        'sendVerificationCode',
        { phoneNumber, ...fields },
        {
          'X-Firebase-Locale': languageOf(locale),
          ...(iosBundleId && { 'X-Ios-Bundle-Identifier': iosBundleId }),
        },
      );
      return sessionInfo as string;
    },
    /** Answers the uid of whoever owns the number; Google says so itself: nothing is left to verify. */
    checkCode: async (sessionInfo: string, code: string) => {
      const { localId } = await post('signInWithPhoneNumber', { sessionInfo, code });
      return localId as string;
    },
  };
};
export type IdentityToolkit = ReturnType<typeof createIdentityToolkit>;
