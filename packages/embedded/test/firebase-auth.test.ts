import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { deleteApp, initializeApp } from 'firebase-admin/app';
import { getAuth, type Auth } from 'firebase-admin/auth';
import { startPart, type Part } from '../src/start-part.ts';

const project = 'demo-taar';
let part: Part;
let auth: Auth;

beforeAll(async () => {
  part = await startPart('firebase-auth', { project });
  process.env.FIREBASE_AUTH_EMULATOR_HOST = new URL(part.url).host;
  auth = getAuth(initializeApp({ projectId: project }));
});

afterAll(async () => {
  await deleteApp(auth.app);
  await part.stop();
});

type Answer = Record<string, string> & { error?: { message: string } };

const post = async (operation: string, body: object): Promise<Answer> => {
  const url = `${part.url}/identitytoolkit.googleapis.com/v1/accounts:${operation}?key=any`;
  const headers = { 'content-type': 'application/json' };
  const answer = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
  return (await answer.json()) as Answer;
};

let numbers = 3_001_000_000;
const aPhoneNumber = () => `+92${numbers++}`;

const sendCode = async (phoneNumber: string) => {
  const { sessionInfo } = await post('sendVerificationCode', { phoneNumber });
  const answer = await fetch(`${part.url}/emulator/v1/projects/${project}/verificationCodes`);
  const { verificationCodes } = (await answer.json()) as {
    verificationCodes: { phoneNumber: string; code: string }[];
  };
  const { code } = verificationCodes.findLast((sent) => sent.phoneNumber === phoneNumber)!;
  return { sessionInfo, code };
};

const signIn = async (phoneNumber: string) =>
  post('signInWithPhoneNumber', await sendCode(phoneNumber));

test('a client with the code signs in and gets a token with its number', async () => {
  const phoneNumber = aPhoneNumber();

  const { idToken, localId, isNewUser } = await signIn(phoneNumber);
  const token = await auth.verifyIdToken(idToken!, true);

  expect(isNewUser).toBe(true);
  expect(token).toMatchObject({ uid: localId, phone_number: phoneNumber });
  expect(token.firebase.sign_in_provider).toBe('phone');
});

test('a wrong code, a used code and a malformed number are rejected', async () => {
  const sent = await sendCode(aPhoneNumber());

  const wrong = await post('signInWithPhoneNumber', { ...sent, code: '000000x' });
  await post('signInWithPhoneNumber', sent);
  const again = await post('signInWithPhoneNumber', sent);
  const malformed = await post('sendVerificationCode', { phoneNumber: '03001234567' });

  expect(wrong.error?.message).toBe('INVALID_CODE');
  expect(again.error?.message).toBe('INVALID_SESSION_INFO');
  expect(malformed.error?.message).toMatch('INVALID_PHONE_NUMBER');
});

test('an imported user keeps its uid when it signs in', async () => {
  const phoneNumber = aPhoneNumber();
  const uid = randomUUID();

  const { successCount } = await auth.importUsers([{ uid, phoneNumber }]);
  const { localId } = await signIn(phoneNumber);

  expect(successCount).toBe(1);
  expect(localId).toBe(uid);
});

test('tokens of revoked, disabled and deleted users are rejected', async () => {
  const [revoked, disabled, deleted] = [
    await signIn(aPhoneNumber()),
    await signIn(aPhoneNumber()),
    await signIn(aPhoneNumber()),
  ];

  // Revocation has a resolution of one second: wait until the token is from an earlier second.
  const signedAt = JSON.parse(Buffer.from(revoked.idToken!.split('.')[1]!, 'base64url').toString())
    .auth_time as number;
  while (Date.now() < (signedAt + 1) * 1000) await auth.getUser(revoked.localId!);
  await auth.revokeRefreshTokens(revoked.localId!);
  await auth.updateUser(disabled.localId!, { disabled: true });
  await auth.deleteUser(deleted.localId!);

  const expectRejected = async ({ idToken }: Answer, code: string) =>
    expect(auth.verifyIdToken(idToken!, true)).rejects.toMatchObject({ code });
  await expectRejected(revoked, 'auth/id-token-revoked');
  await expectRejected(disabled, 'auth/user-disabled');
  await expectRejected(deleted, 'auth/user-not-found');
});

test('another project is rejected', async () => {
  const url = `${part.url}/emulator/v1/projects/another/verificationCodes`;

  expect((await fetch(url)).status).toBe(400);
});
