import type { AppVerification } from '@taar/contracts';
import { type Breaker, FirebaseFailure, FirebaseRejection } from './breaker.ts';

type Settings = {
  FIREBASE_API_KEY: string;
  FIREBASE_AUTH_EMULATOR_HOST?: string | undefined;
};
type Answer = Record<string, unknown> & { error?: { message?: string } };

const host = 'identitytoolkit.googleapis.com';

/**
 * Firebase's REST API that sends and checks codes, which the Admin SDK cannot. Firebase requires a
 * proof that the request comes from a genuine app; the client sends it to us.
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
        throw new FirebaseFailure(`Identity Toolkit answered ${response.status}.`);
      const answer = (await response.json()) as Answer;
      if (!response.ok)
        throw new FirebaseRejection(answer.error?.message ?? `HTTP ${response.status}`);
      return answer;
    });

  return {
    /** Sends a code by SMS. Returns the session info with which the code is checked. */
    sendCode: async (phoneNumber: string, locale = 'en', proof: AppVerification = {}) => {
      const { iosBundleId, ...fields } = proof;
      const { sessionInfo } = await post(
        'sendVerificationCode',
        { phoneNumber, ...fields },
        {
          'X-Firebase-Locale': headerSafe(locale),
          ...(iosBundleId && { 'X-Ios-Bundle-Identifier': iosBundleId }),
        },
      );
      return sessionInfo as string;
    },
    /** Returns the Firebase uid of the number's owner. */
    checkCode: async (sessionInfo: string, code: string) => {
      const { localId } = await post('signInWithPhoneNumber', { sessionInfo, code });
      return localId as string;
    },
  };
};
export type IdentityToolkit = ReturnType<typeof createIdentityToolkit>;

/** fetch fails for other characters in a header, which would count as an outage of Firebase. */
const headerSafe = (locale: string) => (/^[\w@=.-]+$/.test(locale) ? locale : 'en');
