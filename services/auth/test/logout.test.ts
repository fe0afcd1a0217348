import { createPrivateKey, randomUUID } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { authRest } from '@taar/contracts';
import { topics } from '@taar/runtime/topics';
import { createCall } from '@taar/testing/call';
import { aPhoneNumber } from '@taar/testing/factories';
import jwt from 'jsonwebtoken';
import { signInAtFirebase } from './firebase.ts';
import { type SignedIn, aDevice, problemOf, startAuth, until } from './start.ts';

const { url, call, admin, settings, signIn, holding, aPhone, pushesTo } = await startAuth();

const list = (who: SignedIn) => holding(who)(authRest.listSessions, {});
const refresh = ({ tokens, session }: SignedIn) =>
  call(authRest.refresh, { refreshToken: tokens.refreshToken, deviceId: session.deviceId });
/** The access token with the same claims, expired. */
const expired = ({ tokens }: SignedIn) => {
  const [key] = JSON.parse(settings['TOKEN_KEYS']!) as [Record<string, string>];
  const claims = jwt.decode(tokens.accessToken) as jwt.JwtPayload;
  const past = { ...claims, iat: claims.iat! - 5_000, exp: claims.exp! - 5_000 };
  const signing = createPrivateKey({ key, format: 'jwk' });
  return jwt.sign(past, signing, { algorithm: 'ES256', keyid: key['kid']! });
};
const logout = (token: string | undefined, body: object = {}) =>
  createCall(url, token === undefined ? undefined : async () => token)(authRest.logout, body);

describe('POST /auth/logout', () => {
  test('ends the session, and succeeds when repeated', async () => {
    const me = await signIn(undefined, aDevice({ pushToken: randomUUID() }));

    const statuses = [
      (await logout(me.tokens.accessToken)).status,
      (await logout(me.tokens.accessToken)).status,
    ];

    expect(statuses).toEqual([204, 204]);
    expect(problemOf(await list(me))).toMatchObject({ code: 'session_revoked', action: 'logout' });
    const row = await admin.session.findUniqueOrThrow({ where: { id: me.session.id } });
    expect(row).toMatchObject({ pushToken: null, revokeReason: 'logout' });
  });

  test('with a foreign refresh token does not end the foreign session', async () => {
    const [mine, foreign] = [await signIn(), await signIn()];
    const { refreshToken } = foreign.tokens;

    expect((await logout(mine.tokens.accessToken, { refreshToken })).status).toBe(204);
    expect((await logout(expired(mine), { refreshToken })).status).toBe(204);

    expect((await refresh(foreign)).status).toBe(200);
    expect(problemOf(await list(mine))).toMatchObject({ code: 'session_revoked' });
  });

  test('with an expired access token needs the refresh token of the same session', async () => {
    const [me, foreign] = [await signIn(), await signIn()];
    const { refreshToken } = foreign.tokens;

    for (const body of [{}, { allDevices: true }, { refreshToken }, { refreshToken: 'garbage' }])
      expect(problemOf(await logout(expired(me), body))).toMatchObject({
        status: 401,
        code: 'token_expired',
      });
    expect((await list(me)).status).toBe(200);
    expect((await list(foreign)).status).toBe(200);
    expect((await logout(expired(me), { refreshToken: me.tokens.refreshToken })).status).toBe(204);
    expect(problemOf(await list(me))).toMatchObject({ code: 'session_revoked' });
  });

  test('with an expired access token succeeds for a session that has ended', async () => {
    const me = await signIn();
    await logout(me.tokens.accessToken);

    expect((await logout(expired(me))).status).toBe(204);
  });

  test('with the refresh token of an expired session ends no other session', async () => {
    const phoneNumber = aPhoneNumber();
    const [old, mine] = [await signIn(phoneNumber), await signIn(phoneNumber)];
    await admin.session.update({
      where: { id: old.session.id },
      data: { expiresAt: new Date(Date.now() - 1) },
    });
    const { refreshToken } = old.tokens;

    expect((await logout(undefined, { refreshToken, allDevices: true })).status).toBe(204);

    expect((await list(mine)).status).toBe(200);
  });

  test('without a valid token succeeds too', async () => {
    expect((await logout(undefined)).status).toBe(204);
    expect((await logout('garbage', { refreshToken: 'garbage' })).status).toBe(204);
  });

  test('of all devices ends every session and revokes the tokens that Firebase issued', async () => {
    const phoneNumber = aPhoneNumber();
    const device = () => aDevice({ pushToken: `push-${randomUUID()}` });
    const phones = [await signIn(phoneNumber, device()), await signIn(phoneNumber, device())];
    await admin.outbox.deleteMany({
      where: { key: { in: phones.map(({ session }) => session.id) } },
    });
    const { uid } = await signInAtFirebase(phoneNumber);
    const stranger = await signIn();

    await logout(phones[0]!.tokens.accessToken, { allDevices: true });

    for (const phone of phones)
      expect(problemOf(await list(phone))).toMatchObject({ code: 'session_revoked' });
    expect((await list(stranger)).status).toBe(200);
    // Only the other devices are notified: if a thief sends the request, the owner learns of it.
    const [own, other] = await Promise.all(phones.map(({ session }) => pushesTo(session.id)));
    expect([own, other]).toMatchObject([[], [{ kind: 'session_revoked', reason: 'removed' }]]);
    const job = { topic: topics.firebaseAccount, payload: { equals: { action: 'revoke', uid } } };
    await until(
      async () => (await admin.outbox.count({ where: { ...job, doneAt: { not: null } } })) > 0,
    );
  });

  test('of all devices succeeds for concurrent requests of all devices', async () => {
    const phones = [await signIn()];
    while (phones.length < 6) phones.push(await signIn(phones[0]!.user.phoneNumber));

    const answers = await Promise.all(
      phones.map(({ tokens }) => logout(tokens.accessToken, { allDevices: true })),
    );

    expect(answers.map(({ status }) => status)).toEqual(Array(6).fill(204));
  });

  test('with a spent refresh token ends no session', async () => {
    const { tokens, user, refresh, use } = await aPhone();
    const other = await aPhone(user.phoneNumber);
    const second = (await refresh(tokens)).body.tokens;
    await use(second);

    const { refreshToken } = tokens;
    expect((await call(authRest.logout, { refreshToken, allDevices: true })).status).toBe(204);

    expect((await use(second)).status).toBe(200);
    expect((await other.use(other.tokens)).status).toBe(200);
  });

  test('with the refresh token before one whose response was lost ends the session', async () => {
    const { tokens, refresh } = await aPhone();
    await refresh(tokens);

    const { refreshToken } = tokens;
    await call(authRest.logout, { refreshToken });

    expect(problemOf(await refresh(tokens))).toMatchObject({ code: 'session_revoked' });
  });
});
