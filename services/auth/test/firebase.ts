import { envOf } from '@taar/testing/env';

type Codes = { verificationCodes: { phoneNumber: string; code: string }[] };

const emulator = (path: string) => `http://${envOf('FIREBASE_AUTH_EMULATOR_HOST')}${path}`;
const project = () => envOf('TEST_FIREBASE_PROJECT');
const toolkit = '/identitytoolkit.googleapis.com/v1';
const asOwner = { Authorization: 'Bearer owner', 'Content-Type': 'application/json' };

/** The codes that the emulator sent to a number, oldest first. */
export const codesOf = async (phoneNumber: string) => {
  const answer = await fetch(emulator(`/emulator/v1/projects/${project()}/verificationCodes`));
  const { verificationCodes } = (await answer.json()) as Codes;
  return verificationCodes
    .filter((sent) => sent.phoneNumber === phoneNumber)
    .map(({ code }) => code);
};

export const codeOf = async (phoneNumber: string) => {
  const code = (await codesOf(phoneNumber)).at(-1);
  if (!code) throw new Error('No code was sent to the number.');
  return code;
};

/** A wrong code. */
export const wrongFor = (code: string, step = 1) =>
  String((Number(code) + step) % 1_000_000).padStart(6, '0');

const post = async (path: string, body: object, headers: object = {}) => {
  const answer = await fetch(emulator(path), {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
  return (await answer.json()) as Record<string, string>;
};

/** Signs in at Firebase, as an app does that uses Firebase directly. */
export const signInAtFirebase = async (phoneNumber: string) => {
  const { sessionInfo } = await post(`${toolkit}/accounts:sendVerificationCode?key=x`, {
    phoneNumber,
  });
  const code = await codeOf(phoneNumber);
  const answer = await post(`${toolkit}/accounts:signInWithPhoneNumber?key=x`, {
    sessionInfo,
    code,
  });
  return { idToken: answer['idToken']!, uid: answer['localId']! };
};

/** Deletes a Firebase account: the next sign-in with its number gets another uid. */
export const forgetAtFirebase = (uid: string) =>
  post(`${toolkit}/projects/${project()}/accounts:delete`, { localId: uid }, asOwner);
