import { createPrivateKey, randomUUID } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { authRest } from '@taar/contracts';
import { topics } from '@taar/runtime/topics';
import { createLogger } from '@taar/kit/logger';
import { eventsChannel, readEnvelope } from '@taar/kit/publish';
import { createSubscriber } from '@taar/kit/redis';
import { atEnd } from '@taar/testing/at-end';
import { createCall } from '@taar/testing/client';
import { aPhoneNumber } from '@taar/testing/factories';
import jwt from 'jsonwebtoken';
import { signInAtFirebase } from './firebase.ts';
import { startTcpProxy } from './proxy.ts';
import { type SignedIn, aDevice, problemOf, startAuth } from './start.ts';

const { url, call, admin, redis, settings, sendOtp, signIn, holding, startNode } =
  await startAuth();

const listAt = async (at: string, { tokens }: Pick<SignedIn, 'tokens'>) =>
  createCall(at, async () => tokens.accessToken)(authRest.listSessions, {});
const list = (who: SignedIn) => listAt(url, who);
const refresh = ({ tokens, session }: SignedIn) =>
  call(authRest.refresh, { refreshToken: tokens.refreshToken, deviceId: session.deviceId });
const until = async (holds: () => Promise<boolean>) => {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 20));
};
/** The same claims as if their time were over. */
const expired = ({ tokens }: SignedIn) => {
  const [key] = JSON.parse(settings['TOKEN_KEYS']!) as [Record<string, string>];
  const claims = jwt.decode(tokens.accessToken) as jwt.JwtPayload;
  const past = { ...claims, iat: claims.iat! - 5_000, exp: claims.exp! - 5_000 };
  const signing = createPrivateKey({ key, format: 'jwk' });
  return jwt.sign(past, signing, { algorithm: 'ES256', keyid: key['kid']! });
};
const logout = (token: string | undefined, body: object = {}) =>
  createCall(url, token === undefined ? undefined : async () => token)(authRest.logout, body);

const pushesTo = async ({ session }: Pick<SignedIn, 'session'>) => {
  const where = { key: session.id, topic: { startsWith: 'push.' } };
  return (await admin.outbox.findMany({ where })).map(({ payload }) => payload);
};
/** Both ways in which a session hears of a thing: by push, and by its socket. */
const hearing = async ({ user, session }: SignedIn) => {
  const subscriber = createSubscriber(redis.url, createLogger('test', 'error'));
  atEnd(() => subscriber.disconnect());
  await subscriber.subscribe(eventsChannel(redis.prefix));
  const added: unknown[] = [];
  subscriber.on('message', (_channel: string, text: string) => {
    const { event, audience, payload } = readEnvelope(text)!;
    if (event === 'session_added' && 'users' in audience && audience.users.includes(user.id))
      added.push(payload);
  });
  return { added, pushes: () => pushesTo({ session }) };
};

describe('devices', () => {
  test('hear of one more, once, before it can read anything', async () => {
    const phoneNumber = aPhoneNumber();
    const mine = await signIn(phoneNumber, aDevice({ pushToken: `push-${randomUUID()}` }));
    const { added, pushes } = await hearing(mine);
    const device = aDevice({ platform: 'web', model: 'Call +919800000000', pushToken: 'own' });
    const sent = await sendOtp(phoneNumber, device);
    const [first] = [
      await call(authRest.login, { ...sent, device }),
      await call(authRest.login, { ...sent, device }),
    ];

    const { id } = first.body.session;
    const told = { kind: 'session_added', addedId: id, platform: 'web' };
    expect(await pushes()).toEqual([{ ...told, sessionId: mine.session.id }]);
    await until(async () => added.length > 0);
    expect(added).toMatchObject([{ sessionId: id, platform: 'web' }]);
    expect(await admin.outbox.count({ where: { key: id } })).toBe(0);
  });

  test('do not hear of a sign-in that failed', async () => {
    const node = await startNode({ DEVICE_LIMIT: 'refuse', MAX_DEVICES: '1' });
    const [phoneNumber, device] = [aPhoneNumber(), aDevice()];
    const mine = await signIn(phoneNumber, aDevice({ pushToken: `push-${randomUUID()}` }));
    const { pushes } = await hearing(mine);
    const sent = await sendOtp(phoneNumber, device);

    await createCall(node.url)(authRest.login, { ...sent, device });

    expect(await pushes()).toEqual([]);
  });

  test('are listed, the newest first and the present one marked', async () => {
    const phoneNumber = aPhoneNumber();
    const first = await signIn(phoneNumber, aDevice({ model: 'Nokia' }));
    const second = await signIn(phoneNumber, aDevice({ platform: 'ios' }));

    const { items, nextCursor } = (await list(second)).body;

    expect(nextCursor).toBeNull();
    expect(items.map(({ id, current }) => [id, current])).toEqual([
      [second.session.id, true],
      [first.session.id, false],
    ]);
    expect(items[1]).toMatchObject({ model: 'Nokia', platform: 'android' });
  });

  test('that sign in again end their former session', async () => {
    const [phoneNumber, device] = [aPhoneNumber(), aDevice()];
    const former = await signIn(phoneNumber, device);
    const present = await signIn(phoneNumber, device);

    expect((await list(present)).body.items).toHaveLength(1);
    expect(problemOf(await list(former))).toMatchObject({ code: 'session_revoked' });
  });

  test('beyond six end the session that was idle longest', async () => {
    const phoneNumber = aPhoneNumber();
    const phones: SignedIn[] = [];
    for (let i = 0; i < 7; i++) phones.push(await signIn(phoneNumber));

    const { items } = (await list(phones[6]!)).body;

    expect(items).toHaveLength(6);
    expect(problemOf(await list(phones[0]!))).toMatchObject({ code: 'session_revoked' });
  });

  test('beyond the limit are turned away where a deployment wants it so', async () => {
    const node = await startNode({ DEVICE_LIMIT: 'refuse', MAX_DEVICES: '1' });
    const [phoneNumber, device] = [aPhoneNumber(), aDevice()];
    await signIn(phoneNumber);
    const sent = await sendOtp(phoneNumber, device);

    const refused = await createCall(node.url)(authRest.verifyOtp, { ...sent, device });

    expect(problemOf(refused)).toMatchObject({ status: 409, code: 'conflict' });
  });
});

describe('DELETE /auth/sessions/:sessionId', () => {
  test('signs one of my devices out, and again changes nothing', async () => {
    const phoneNumber = aPhoneNumber();
    const lost = await signIn(phoneNumber, aDevice({ pushToken: randomUUID() }));
    const mine = await signIn(phoneNumber);
    const remove = () => holding(mine)(authRest.deleteSession, { sessionId: lost.session.id });

    expect([(await remove()).status, (await remove()).status]).toEqual([204, 204]);

    expect(problemOf(await list(lost))).toMatchObject({
      code: 'session_revoked',
      action: 'logout',
    });
    expect(problemOf(await refresh(lost))).toMatchObject({ code: 'session_revoked' });
    const row = await admin.session.findUniqueOrThrow({ where: { id: lost.session.id } });
    expect(row.pushToken).toBeNull();
  });

  test('tells nothing of the devices of others', async () => {
    const [mine, foreign] = [await signIn(), await signIn()];

    for (const sessionId of [foreign.session.id, randomUUID()])
      expect(problemOf(await holding(mine)(authRest.deleteSession, { sessionId }))).toMatchObject({
        status: 404,
        code: 'session_not_found',
      });
    expect((await list(foreign)).status).toBe(200);
  });

  test('reaches other nodes at once', async () => {
    const node = await startNode();
    const phoneNumber = aPhoneNumber();
    const [lost, mine] = [await signIn(phoneNumber), await signIn(phoneNumber)];
    expect((await listAt(node.url, lost)).status).toBe(200);

    await holding(mine)(authRest.deleteSession, { sessionId: lost.session.id });

    await until(async () => (await listAt(node.url, lost)).status === 401);
  });

  test('T-A6 holds while Redis is away', async () => {
    const proxy = await startTcpProxy(settings['REDIS_URL']!);
    const node = await startNode({ REDIS_URL: proxy.url });
    const phoneNumber = aPhoneNumber();
    const [lost, mine] = [await signIn(phoneNumber), await signIn(phoneNumber)];
    await proxy.cut();
    const call = createCall(node.url, async () => mine.tokens.accessToken);

    expect((await call(authRest.deleteSession, { sessionId: lost.session.id })).status).toBe(204);

    expect(problemOf(await listAt(node.url, lost))).toMatchObject({ code: 'session_revoked' });
    expect((await listAt(node.url, mine)).status).toBe(200);
  });
});

describe('POST /auth/logout', () => {
  test('H66 ends the session, and twice is as good as once', async () => {
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

  test('H66 with a foreign refresh token leaves the other session alone', async () => {
    const [mine, foreign] = [await signIn(), await signIn()];
    const { refreshToken } = foreign.tokens;

    expect((await logout(mine.tokens.accessToken, { refreshToken })).status).toBe(204);
    expect((await logout(expired(mine), { refreshToken })).status).toBe(204);

    expect((await refresh(foreign)).status).toBe(200);
    expect(problemOf(await list(mine))).toMatchObject({ code: 'session_revoked' });
  });

  test('with an expired token needs the refresh token of the same session', async () => {
    const me = await signIn();

    expect((await logout(expired(me))).status).toBe(204);
    expect((await list(me)).status).toBe(200);
    expect((await logout(expired(me), { refreshToken: me.tokens.refreshToken })).status).toBe(204);
    expect(problemOf(await list(me))).toMatchObject({ code: 'session_revoked' });
  });

  test('with the refresh token of a phone whose session ran out ends nobody else’s', async () => {
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

  test('of nobody is answered alike', async () => {
    expect((await logout(undefined)).status).toBe(204);
    expect((await logout('garbage', { refreshToken: 'garbage' })).status).toBe(204);
  });

  test('of all devices ends every session and what Firebase issued before', async () => {
    const phoneNumber = aPhoneNumber();
    const reached = () => aDevice({ pushToken: `push-${randomUUID()}` });
    const phones = [await signIn(phoneNumber, reached()), await signIn(phoneNumber, reached())];
    await admin.outbox.deleteMany({
      where: { key: { in: phones.map(({ session }) => session.id) } },
    });
    const { uid } = await signInAtFirebase(phoneNumber);
    const stranger = await signIn();

    await logout(phones[0]!.tokens.accessToken, { allDevices: true });

    for (const phone of phones)
      expect(problemOf(await list(phone))).toMatchObject({ code: 'session_revoked' });
    expect((await list(stranger)).status).toBe(200);
    // Who asked for it knows; a thief who does so must not be able to keep it from the owner.
    const [mine, other] = await Promise.all(phones.map(pushesTo));
    expect([mine, other]).toMatchObject([[], [{ kind: 'session_revoked', reason: 'removed' }]]);
    const job = { topic: topics.firebaseAccount, payload: { equals: { action: 'revoke', uid } } };
    await until(
      async () => (await admin.outbox.count({ where: { ...job, doneAt: { not: null } } })) > 0,
    );
  });

  test('of all devices by each of them at the same time succeeds for every one', async () => {
    const phones = [await signIn()];
    while (phones.length < 6) phones.push(await signIn(phones[0]!.user.phoneNumber));

    const answers = await Promise.all(
      phones.map(({ tokens }) => logout(tokens.accessToken, { allDevices: true })),
    );

    expect(answers.map(({ status }) => status)).toEqual(Array(6).fill(204));
  });
});
