import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { describe, expect, test } from '@jest/globals';
import { authRest } from '@taar/contracts';
import { eventsChannel, readEnvelope } from '@taar/kit/publish';
import { createLogger } from '@taar/kit/logger';
import { createSubscriber } from '@taar/kit/redis';
import { atEnd } from '@taar/testing/at-end';
import { createCall } from '@taar/testing/client';
import { aSession, aUser } from '@taar/testing/factories';
import { createSecrets } from '../src/secrets.ts';
import { refreshTokenOf } from '../src/sessions/refresh-token.ts';
import { aDevice, problemOf, startAuth } from './start.ts';

const auth = await startAuth();
const { url, call, admin, redis, settings, signIn, startNode, aPhone, untilOneWaits } = auth;

/** What is on its way to a device. */
const pushesTo = async (sessionId: string) => {
  const where = { key: sessionId, topic: 'push.android' };
  return (await admin.outbox.findMany({ where })).map(({ payload }) => payload);
};

describe('POST /auth/refresh', () => {
  test('T-A1 H63 twenty at once yield one successor, and it works', async () => {
    const { tokens, refresh, use } = await aPhone();

    const answers = await Promise.all(Array.from({ length: 20 }, () => refresh(tokens)));

    expect(answers.map(({ status }) => status)).toEqual(Array(20).fill(200));
    const pairs = answers.map(({ body }) => body.tokens);
    expect(new Set(pairs.map((pair) => JSON.stringify(pair))).size).toBe(1);
    expect((await use(pairs[0]!)).status).toBe(200);
    expect((await refresh(pairs[0]!)).status).toBe(200);
  });

  test('T-A2 repeated after a lost answer, yields the same successor, however late', async () => {
    const { tokens, refresh, session } = await aPhone();
    const lost = await refresh(tokens);
    await admin.session.update({
      where: { id: session.id },
      data: { lastUsedAt: new Date(Date.now() - 86_400_000) },
    });

    const again = await refresh(tokens);

    expect(again.body.tokens.refreshToken).toBe(lost.body.tokens.refreshToken);
  });

  test('a chain of refreshes never ends by itself', async () => {
    const { tokens, refresh } = await aPhone();
    let pair = tokens;
    for (let i = 0; i < 5; i++) pair = (await refresh(pair)).body.tokens;

    expect((await refresh(pair)).status).toBe(200);
  });

  test('T-A3 H64 a token whose successor was used ends the session, its sockets and its pushes, and tells its owner', async () => {
    const { tokens, session, user, device, refresh, use } = await aPhone();
    const other = await signIn(user.phoneNumber, aDevice({ pushToken: `push-${randomUUID()}` }));
    const stranger = await aPhone();
    await admin.outbox.deleteMany({ where: { key: session.id } });
    const logger = createLogger('test', 'error');
    const subscriber = createSubscriber(redis.url, logger);
    atEnd(() => subscriber.disconnect());
    await subscriber.subscribe(eventsChannel(redis.prefix));
    const closing = new Promise((resolve) => {
      subscriber.on('message', (_channel: string, text: string) => resolve(readEnvelope(text)));
    });
    const next = (await refresh(tokens)).body.tokens;
    await use(next);

    const reused = await refresh(tokens);

    expect(problemOf(reused)).toMatchObject({
      status: 401,
      code: 'refresh_token_reused',
      action: 'soft_logout',
    });
    expect(problemOf(await use(next))).toMatchObject({ code: 'session_revoked' });
    expect(problemOf(await refresh(next))).toMatchObject({ code: 'session_revoked' });
    expect(await closing).toMatchObject({
      event: 'closing',
      audience: { sessions: [session.id] },
      payload: { reason: 'session_revoked', reconnect: false },
    });
    const row = await admin.session.findUniqueOrThrow({ where: { id: session.id } });
    expect(row).toMatchObject({ pushToken: null, revokeReason: 'refresh_token_reused' });
    const told = { kind: 'session_revoked', revokedId: session.id, reason: 'refresh_token_reused' };
    expect(await pushesTo(session.id)).toEqual([
      { ...told, sessionId: session.id, token: device.pushToken },
    ]);
    expect(await pushesTo(other.session.id)).toEqual([{ ...told, sessionId: other.session.id }]);
    expect(await pushesTo(stranger.session.id)).toEqual([]);
    const audit = { target: `user:${user.id}`, action: 'refresh_token_reused' };
    const requestId = reused.headers['x-request-id'];
    expect(await admin.auditLog.findMany({ where: audit })).toMatchObject([{ requestId }]);
  });

  test('H64 a token whose successor was itself refreshed ends the session', async () => {
    const { tokens, refresh } = await aPhone();
    const next = (await refresh(tokens)).body.tokens;
    await refresh(next);

    expect(problemOf(await refresh(tokens))).toMatchObject({ code: 'refresh_token_reused' });
  });

  test.each([
    ['at its first look at the session', 'LOCK TABLE sessions IN ACCESS EXCLUSIVE MODE'],
    ['at its turn', 'SELECT FROM sessions FOR UPDATE'],
  ])(
    'T-A1 a call that asked before its twin’s tokens were used is no reuse, though it waits %s',
    async (_where, lock) => {
      const { tokens, session, refresh, use } = await aPhone();
      const twin = (await refresh(tokens)).body.tokens;
      let late: ReturnType<typeof refresh> | undefined;
      await admin.$transaction(async (tx) => {
        await tx.$executeRawUnsafe(lock);
        late = refresh(tokens);
        late.catch(() => undefined);
        await untilOneWaits();
        await tx.$executeRaw`
        UPDATE sessions SET used_gen = 2, used_at = clock_timestamp() WHERE id = ${session.id}::uuid`;
      });

      const answer = await late!;

      expect(answer.body.tokens.refreshToken).toBe(twin.refreshToken);
      expect((await use(twin)).status).toBe(200);
    },
  );

  test('a request that is finished only after the successor was used is reuse, however early it began', async () => {
    const { tokens, session, refresh, use } = await aPhone();
    const body = JSON.stringify({ refreshToken: tokens.refreshToken, deviceId: session.deviceId });
    const slow = request(`${url}/auth/refresh`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', 'Content-Length': body.length },
    });
    slow.write(body.slice(0, -1));
    const twin = (await refresh(tokens)).body.tokens;
    await use(twin);

    slow.end(body.slice(-1));
    const [answer] = (await once(slow, 'response')) as [IncomingMessage];

    expect(answer.statusCode).toBe(401);
    expect(problemOf(await use(twin))).toMatchObject({ code: 'session_revoked' });
  });

  test('a call whose phone hung up is no reuse, however late it arrives', async () => {
    const { tokens, session, refresh, use } = await aPhone();
    const twin = (await refresh(tokens)).body.tokens;
    await use(twin);
    const hangingUp = new AbortController();
    await admin.$transaction(async (tx) => {
      await tx.$executeRaw`LOCK TABLE sessions IN ACCESS EXCLUSIVE MODE`;
      const abandoned = fetch(`${url}/auth/refresh`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify({ refreshToken: tokens.refreshToken, deviceId: session.deviceId }),
        signal: hangingUp.signal,
      });
      await untilOneWaits();
      hangingUp.abort();
      await expect(abandoned).rejects.toThrow();
    });

    for (let i = 0; i < 5; i++) expect((await refresh(twin)).status).toBe(200);
    expect((await use(twin)).status).toBe(200);
  });

  test.each([
    ['an object', { not: '' }],
    ['a number', 1],
    ['a list', ['x']],
    ['null', null],
  ])('H62 refuses %s as a token', async (_what, refreshToken) => {
    const answer = await fetch(`${url}/auth/refresh`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ refreshToken, deviceId: aDevice().deviceId }),
    });

    expect(answer.status).toBe(400);
  });

  test('H65 refuses the token of another device', async () => {
    const { tokens } = await aPhone();

    const refused = await call(authRest.refresh, {
      refreshToken: tokens.refreshToken,
      deviceId: aDevice().deviceId,
    });

    expect(problemOf(refused)).toMatchObject({ status: 401, code: 'refresh_token_invalid' });
  });

  test('refuses every token that we did not make', async () => {
    const { tokens, refresh } = await aPhone();
    const bytes = Buffer.from(tokens.refreshToken, 'base64url');
    const changed = [0, 19, 20, 51].map((at) => {
      const copy = Buffer.from(bytes);
      copy[at]! ^= 1;
      return copy.toString('base64url');
    });

    for (const refreshToken of [...changed, 'x', tokens.accessToken])
      expect(problemOf(await refresh({ refreshToken }))).toMatchObject({
        code: 'refresh_token_invalid',
      });
    expect((await refresh(tokens)).status).toBe(200);
  });

  test('keeps the session for sixty days more', async () => {
    const { tokens, session, refresh } = await aPhone();
    const inAnHour = new Date(Date.now() + 3_600_000);
    await admin.session.update({ where: { id: session.id }, data: { expiresAt: inAnHour } });

    const { body } = await refresh(tokens);

    const left = Date.parse(body.tokens.refreshTokenExpiresAt) - Date.now();
    expect(Math.round(left / 86_400_000)).toBe(60);
  });

  test('ends with the session: sixty idle days, or a year in all', async () => {
    const [idle, old] = [await aPhone(), await aPhone()];
    await admin.session.update({
      where: { id: idle.session.id },
      data: { expiresAt: new Date(Date.now() - 1) },
    });
    const lastYear = new Date(Date.now() - 364.5 * 86_400_000);
    await admin.session.update({ where: { id: old.session.id }, data: { createdAt: lastYear } });

    expect(problemOf(await idle.refresh(idle.tokens))).toMatchObject({
      code: 'refresh_token_invalid',
    });
    const { body } = await old.refresh(old.tokens);
    const left = Date.parse(body.tokens.refreshTokenExpiresAt) - Date.now();
    expect(left).toBeLessThanOrEqual(86_400_000);
  });

  test('goes on after the database was restored to a time before the last refresh', async () => {
    const { tokens, session, refresh, use } = await aPhone();
    const third = (await refresh((await refresh(tokens)).body.tokens)).body.tokens;
    await use(third);
    await admin.session.update({
      where: { id: session.id },
      data: { generation: 1, usedGen: 0 },
    });

    expect((await use(third)).status).toBe(200);
    expect((await refresh(third)).status).toBe(200);
  });

  test('F47 F48 a hundred phones behind one address all get their tokens', async () => {
    const node = await startNode({
      REDIS_PREFIX: `${settings['REDIS_PREFIX']}:f47`,
      RATE_LIMIT_FACTOR: '1',
      REQUESTS_PER_MINUTE_PER_ADDRESS: '50',
    });
    const secrets = createSecrets(settings['AUTH_SECRET']!);
    const user = await aUser(admin);
    const phones = await Promise.all(Array.from({ length: 100 }, () => aSession(admin, user)));

    const comeBack = async (session: (typeof phones)[number]) => {
      const refreshToken = refreshTokenOf(secrets, session);
      const { deviceId } = session;
      const { status, body } = await createCall(node.url)(authRest.refresh, {
        refreshToken,
        deviceId,
      });
      if (status !== 200) return [status];
      const token = async () => body.tokens.accessToken;
      return [status, (await createCall(node.url, token)(authRest.listSessions, {})).status];
    };

    const statuses: number[] = [];
    for (let i = 0; i < phones.length; i += 20)
      statuses.push(...(await Promise.all(phones.slice(i, i + 20).map(comeBack))).flat());

    expect(statuses).toEqual(Array(200).fill(200));
  });

  test('F48 an address from which nobody proves anything is held back all the same', async () => {
    const node = await startNode({
      REDIS_PREFIX: `${settings['REDIS_PREFIX']}:f48`,
      REQUESTS_PER_MINUTE_PER_ADDRESS: '50',
    });
    const guess = { refreshToken: 'x', deviceId: randomUUID() };
    const statuses: number[] = [];
    for (let i = 0; i < 60; i++)
      statuses.push((await createCall(node.url)(authRest.refresh, guess)).status);

    expect(statuses.filter((status) => status === 401).length).toBeLessThanOrEqual(50);
    expect(statuses.at(-1)).toBe(429);
  });
});
