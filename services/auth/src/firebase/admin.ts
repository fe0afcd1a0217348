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

const credential = (settings: Settings) => {
  if (settings.FIREBASE_AUTH_EMULATOR_HOST) return {};
  const account = settings.FIREBASE_SERVICE_ACCOUNT;
  return {
    credential: account ? cert(JSON.parse(account) as ServiceAccount) : applicationDefault(),
  };
};

const outages =
  /^(app\/|auth\/(internal-error|quota-exceeded|invalid-credential|insufficient-permission|project-not-found))/;
/** From its beginning: further on, the SDK repeats what a token says. */
const keysUnreachable = /^Error (fetching public keys|while making request)/;
/** Anything else is a verdict, also a fault in the SDK: no token may open the breaker. */
const isOutage = ({ code = '', message = '' }: { code?: string; message?: string }) =>
  outages.test(code) || keysUnreachable.test(message);

/** Firebase's Admin SDK: who an ID token speaks of, and the accounts behind the numbers. */
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
        throw new FirebaseRejection((error as { code?: string }).code ?? 'unknown', {
          cause: error,
        });
      }
    });

  return {
    /** Also asks whether the token was revoked: by itself the SDK does so with the emulator only. */
    verifyIdToken: (idToken: string): Promise<DecodedIdToken> =>
      ask(() => auth.verifyIdToken(idToken, true)),
    revokeRefreshTokens: (uid: string) => ask(() => auth.revokeRefreshTokens(uid)),
    deleteUser: (uid: string) => ask(() => auth.deleteUser(uid)),
    setDisabled: (uid: string, disabled: boolean) => ask(() => auth.updateUser(uid, { disabled })),
    close: () => deleteApp(app),
  };
};
export type FirebaseAdmin = ReturnType<typeof createFirebaseAdmin>;
