import { expect, test } from '@jest/globals';
import { authRest } from '@taar/contracts';
import { setEnv } from '@taar/testing/env';
import { aPhoneNumber } from '@taar/testing/factories';
import { signInAtFirebase } from './firebase.ts';
import { aDevice, problemOf, startAuth } from './start.ts';

const { call } = await startAuth();
const phoneNumber = aPhoneNumber();
const { idToken } = await signInAtFirebase(phoneNumber);

const verify = (firebaseIdToken: string) =>
  call(authRest.verifyOtp, { firebaseIdToken, device: aDevice() });

// The SDK reads this variable by itself, at every call.
const variable = 'FIREBASE_AUTH_EMULATOR_HOST';

test('H53 without an emulator, unsigned tokens like the emulator’s are worth nothing', async () => {
  const [, claims] = idToken.split('.');
  const header = (fields: object) => Buffer.from(JSON.stringify(fields)).toString('base64url');
  const forged = [
    idToken,
    `${header({ alg: 'none', typ: 'JWT', kid: 'x' })}.${claims}.`,
    `${header({ alg: 'HS256', typ: 'JWT', kid: 'x' })}.${claims}.c2ln`,
  ];
  setEnv(variable, undefined);

  for (const token of forged)
    expect(problemOf(await verify(token))).toMatchObject({ status: 401, code: 'unauthenticated' });
});

test('F31 nor are those of Google refused as forged while its keys are out of reach', async () => {
  const [, claims] = idToken.split('.');
  const header = Buffer.from(JSON.stringify({ alg: 'RS256', typ: 'JWT', kid: 'x' }));
  setEnv(variable, undefined);

  const refused = await verify(`${header.toString('base64url')}.${claims}.c2ln`);

  expect(problemOf(refused)).toMatchObject({ status: 503, code: 'dependency_unavailable' });
});

test('F31 an ID token that cannot be checked is a 503, and holds no codes back', async () => {
  setEnv(variable, '127.0.0.1:1');

  for (let i = 0; i < 6; i++)
    expect(problemOf(await verify(idToken))).toMatchObject({
      status: 503,
      code: 'dependency_unavailable',
    });

  const { deviceId, platform } = aDevice();
  const sent = await call(authRest.sendOtp, { phoneNumber, device: { deviceId, platform } });
  expect(sent.status).toBe(202);
});
