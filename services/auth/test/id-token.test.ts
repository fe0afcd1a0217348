import { describe, expect, test } from '@jest/globals';
import { authRest } from '@taar/contracts';
import { aPhoneNumber } from '@taar/testing/factories';
import { envOf } from '@taar/testing/env';
import { signInAtFirebase } from './firebase.ts';
import { aDevice, problemOf, startAuth } from './start.ts';

const { call } = await startAuth();
const project = envOf('TEST_FIREBASE_PROJECT');

const verify = (firebaseIdToken: string, device = aDevice()) =>
  call(authRest.verifyOtp, { firebaseIdToken, device });

const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
/** An unsigned token, like those of the emulator. */
const tokenWith = (uid: string, phoneNumber: string, changes: object = {}) => {
  const now = Math.floor(Date.now() / 1_000);
  const claims = {
    iss: `https://securetoken.google.com/${project}`,
    aud: project,
    sub: uid,
    user_id: uid,
    iat: now,
    exp: now + 3_600,
    auth_time: now,
    phone_number: phoneNumber,
    firebase: { sign_in_provider: 'phone', identities: {} },
    ...changes,
  };
  return `${part({ alg: 'none', typ: 'JWT' })}.${part(claims)}.`;
};
const secondsAgo = (seconds: number) => Math.floor(Date.now() / 1_000) - seconds;

describe('a Firebase ID token', () => {
  test('replaces a code, and its claim states the number', async () => {
    const phoneNumber = aPhoneNumber();
    const { idToken } = await signInAtFirebase(phoneNumber);

    const { status, body } = await verify(idToken);

    expect({ status, phoneNumber: body.user.phoneNumber }).toEqual({ status: 201, phoneNumber });
  });

  test('together with a code is rejected, and so is a request without a proof', async () => {
    const device = aDevice();
    const code = { verificationId: device.deviceId, phoneNumber: aPhoneNumber(), code: '123456' };

    for (const proof of [{ ...code, firebaseIdToken: 'x' }, {}, { code: '123456' }])
      expect(problemOf(await call(authRest.verifyOtp, { ...proof, device }))).toMatchObject({
        code: 'validation_failed',
      });
  });

  test.each([
    ['of another project', { aud: 'other', iss: 'https://securetoken.google.com/other' }],
    ['that has expired', { exp: secondsAgo(10), iat: secondsAgo(4_000) }],
    ['without a number', { phone_number: undefined }],
    ['of another sign-in method', { firebase: { sign_in_provider: 'anonymous', identities: {} } }],
    ['of a sign-in six minutes ago', { auth_time: secondsAgo(360) }],
    ['of a sign-in in the future', { auth_time: secondsAgo(-3_600) }],
  ])('%s is rejected', async (_what, changes) => {
    const phoneNumber = aPhoneNumber();
    const { uid } = await signInAtFirebase(phoneNumber);

    const refused = await verify(tokenWith(uid, phoneNumber, changes));

    expect(problemOf(refused)).toMatchObject({ status: 401, code: 'unauthenticated' });
  });

  test('that is malformed, or of no account, is rejected, and later tokens are accepted', async () => {
    const odd = [null, [], 1, 'text', {}, { sub: {} }].map(
      (claims) => `${part({ alg: 'none', typ: 'JWT' })}.${part(claims)}.`,
    );
    for (const token of ['garbage', 'a.b.c', tokenWith('nobody', aPhoneNumber()), ...odd])
      expect(problemOf(await verify(token))).toMatchObject({ code: 'unauthenticated' });

    const { idToken } = await signInAtFirebase(aPhoneNumber());
    expect((await verify(idToken)).status).toBe(201);
  });

  test('that contains the message of an outage is not taken for one', async () => {
    const misleading = tokenWith('nobody', aPhoneNumber(), { aud: 'Error fetching public keys' });
    for (let i = 0; i < 6; i++)
      expect(problemOf(await verify(misleading))).toMatchObject({ code: 'unauthenticated' });

    const { idToken } = await signInAtFirebase(aPhoneNumber());
    expect((await verify(idToken)).status).toBe(201);
  });

  test('of a sign-in that another device used is rejected, also with other bytes', async () => {
    const phoneNumber = aPhoneNumber();
    const { idToken, uid } = await signInAtFirebase(phoneNumber);
    await verify(idToken);
    const claims = JSON.parse(
      Buffer.from(idToken.split('.')[1]!, 'base64url').toString(),
    ) as object;

    expect(problemOf(await verify(idToken))).toMatchObject({ status: 401 });
    const rewritten = tokenWith(uid, phoneNumber, { ...claims, again: true });
    expect(problemOf(await verify(rewritten))).toMatchObject({ status: 401 });
  });

  test('returns the same session when its device repeats it after a lost response', async () => {
    const { idToken } = await signInAtFirebase(aPhoneNumber());
    const device = aDevice();

    const [first, second] = [await verify(idToken, device), await verify(idToken, device)];

    expect(second.body.session).toEqual(first.body.session);
  });
});
