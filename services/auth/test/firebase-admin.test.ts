import { expect, test } from '@jest/globals';
import { authRest } from '@taar/contracts';
import { createCall } from '@taar/testing/call';
import { envOf, setEnv } from '@taar/testing/env';
import { aPhoneNumber } from '@taar/testing/factories';
import { signInAtFirebase } from './firebase.ts';
import { aDevice, problemOf, startAuth } from './start.ts';

const { startNode } = await startAuth();
const phoneNumber = aPhoneNumber();
const { idToken } = await signInAtFirebase(phoneNumber);

// The SDK reads this variable by itself, when its client is created.
const variable = 'FIREBASE_AUTH_EMULATOR_HOST';

/** A node whose Firebase SDK finds `emulatorHost` in the environment. */
const startWith = async (emulatorHost: string | undefined) => {
  const before = envOf(variable);
  setEnv(variable, emulatorHost);
  const { url } = await startNode();
  setEnv(variable, before);
  const call = createCall(url);
  const verify = (firebaseIdToken: string) =>
    call(authRest.verifyOtp, { firebaseIdToken, device: aDevice() });
  return { call, verify };
};

test('without an emulator, unsigned tokens like those of the emulator are refused', async () => {
  const [, claims] = idToken.split('.');
  const header = (fields: object) => Buffer.from(JSON.stringify(fields)).toString('base64url');
  const forged = [
    idToken,
    `${header({ alg: 'none', typ: 'JWT', kid: 'x' })}.${claims}.`,
    `${header({ alg: 'HS256', typ: 'JWT', kid: 'x' })}.${claims}.c2ln`,
  ];
  const { verify } = await startWith(undefined);

  for (const token of forged)
    expect(problemOf(await verify(token))).toMatchObject({ status: 401, code: 'unauthenticated' });
});

test('while the keys of Google are unreachable, its tokens get a 503 and are not called forged', async () => {
  const [, claims] = idToken.split('.');
  const header = Buffer.from(JSON.stringify({ alg: 'RS256', typ: 'JWT', kid: 'x' }));
  const { verify } = await startWith(undefined);

  const refused = await verify(`${header.toString('base64url')}.${claims}.c2ln`);

  expect(problemOf(refused)).toMatchObject({ status: 503, code: 'dependency_unavailable' });
});

test('an ID token that cannot be checked gets a 503, and codes are still sent', async () => {
  const { call, verify } = await startWith('127.0.0.1:1');

  for (let i = 0; i < 6; i++)
    expect(problemOf(await verify(idToken))).toMatchObject({
      status: 503,
      code: 'dependency_unavailable',
    });

  const { deviceId, platform } = aDevice();
  const sent = await call(authRest.sendOtp, { phoneNumber, device: { deviceId, platform } });
  expect(sent.status).toBe(202);
});
