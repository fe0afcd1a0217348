import { randomUUID } from 'node:crypto';
import {
  type ServiceAccount,
  applicationDefault,
  cert,
  deleteApp,
  initializeApp,
} from 'firebase-admin/app';
import { type DecodedIdToken, getAuth } from 'firebase-admin/auth';
import { type Breaker, FirebaseRejection } from './breaker.ts';

type Settings = {
  FIREBASE_PROJECT: string;
  FIREBASE_SERVICE_ACCOUNT?: string | undefined;
  FIREBASE_AUTH_EMULATOR_HOST?: string | undefined;
};

/** Firebase's Admin SDK: verifies ID tokens and changes Firebase accounts. */
export const createFirebaseAdmin = (settings: Settings, breaker: Breaker) => {
  const app = initializeApp(
    { projectId: settings.FIREBASE_PROJECT, ...credential(settings) },
    `taar-${randomUUID()}`,
  );
  const auth = getAuth(app);

  const ask = <T>(call: () => Promise<T>) =>
    breaker(async () => {
      try {
        return await call();
      } catch (error) {
        if (isOutage(error as Error)) throw error;
        const { code = 'unknown' } = error as { code?: string };
        throw new FirebaseRejection(code, { cause: error });
      }
    });

  return {
    /** Also rejects revoked tokens, which the SDK does by default with the emulator only. */
    verifyIdToken: (idToken: string): Promise<DecodedIdToken> =>
      ask(() => auth.verifyIdToken(idToken, true)),
    revokeRefreshTokens: (uid: string) => ask(() => auth.revokeRefreshTokens(uid)),
    deleteUser: (uid: string) => ask(() => auth.deleteUser(uid)),
    setDisabled: (uid: string, disabled: boolean) => ask(() => auth.updateUser(uid, { disabled })),
    close: () => deleteApp(app),
  };
};
export type FirebaseAdmin = ReturnType<typeof createFirebaseAdmin>;

const credential = (settings: Settings) => {
  if (settings.FIREBASE_AUTH_EMULATOR_HOST) return {};
  const account = settings.FIREBASE_SERVICE_ACCOUNT;
  return {
    credential: account ? cert(JSON.parse(account) as ServiceAccount) : applicationDefault(),
  };
};

/** Every other error is a rejection, also an unknown one: no token may open the breaker. */
const isOutage = ({ code = '', message = '' }: { code?: string; message?: string }) =>
  code.startsWith('app/') || outageCodes.has(code) || keysUnreachable.test(message);

const outageCodes = new Set([
  'auth/internal-error',
  'auth/quota-exceeded',
  'auth/invalid-credential',
  'auth/insufficient-permission',
  'auth/project-not-found',
]);

/** Matches the beginning only: further on the SDK's message quotes the token. */
const keysUnreachable = /^Error (fetching public keys|while making request)/;
