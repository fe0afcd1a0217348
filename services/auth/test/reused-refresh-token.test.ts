import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { Transform } from 'node:stream';
import { describe, expect, test } from '@jest/globals';
import { authRest } from '@taar/contracts';
import { createLogger } from '@taar/kit/logger';
import { eventsChannel, readEnvelope } from '@taar/kit/publish';
import { createSubscriber } from '@taar/kit/redis';
import { atEnd } from '@taar/testing/at-end';
import { createCall } from '@taar/testing/call';
import { startTcpProxy } from './proxy.ts';
import { aDevice, problemOf, startAuth } from './start.ts';

const { url, admin, redis, settings, signIn, startNode, aPhone, untilBlocked, pushesTo } =
  await startAuth();

/** Delays the first response of the database that has this column. */
const holdOnce = (column: string, ms: number) => {
  let isHeld = false;
  const transform: Transform['_transform'] = (chunk: Buffer, _encoding, pass) => {
    if (isHeld || !chunk.includes(column)) return pass(null, chunk);
    isHeld = true;
    setTimeout(pass, ms, null, chunk);
  };
  return { answers: () => new Transform({ transform }), isHeld: () => isHeld };
};

describe('the reuse of a refresh token whose successor was used', () => {
  test('ends the session, its sockets and its pushes, and notifies the other devices of the owner', async () => {
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
    const push = { kind: 'session_revoked', revokedId: session.id, reason: 'refresh_token_reused' };
    expect(await pushesTo(session.id)).toEqual([
      { ...push, sessionId: session.id, token: device.pushToken },
    ]);
    expect(await pushesTo(other.session.id)).toEqual([{ ...push, sessionId: other.session.id }]);
    expect(await pushesTo(stranger.session.id)).toEqual([]);
    const audit = { target: `user:${user.id}`, action: 'refresh_token_reused' };
    const requestId = reused.headers['x-request-id'];
    expect(await admin.auditLog.findMany({ where: audit })).toMatchObject([{ requestId }]);
  });

  test('is detected after the successor was refreshed', async () => {
    const { tokens, refresh } = await aPhone();
    const next = (await refresh(tokens)).body.tokens;
    await refresh(next);

    expect(problemOf(await refresh(tokens))).toMatchObject({ code: 'refresh_token_reused' });
  });

  test.each([
    ['for its first query', 'LOCK TABLE sessions IN ACCESS EXCLUSIVE MODE'],
    ['for the lock of the row', 'SELECT FROM sessions FOR UPDATE'],
  ])(
    'is not assumed of a duplicate sent before the successor was used, though it waits %s',
    async (_where, lock) => {
      const { tokens, session, refresh, use } = await aPhone();
      const duplicate = (await refresh(tokens)).body.tokens;
      let late: ReturnType<typeof refresh> | undefined;
      await admin.$transaction(async (tx) => {
        await tx.$executeRawUnsafe(lock);
        late = refresh(tokens);
        late.catch(() => undefined);
        await untilBlocked();
        await tx.$executeRaw`
        UPDATE sessions SET used_gen = 2, used_at = clock_timestamp() WHERE id = ${session.id}::uuid`;
      });

      const answer = await late!;

      expect(answer.body.tokens.refreshToken).toBe(duplicate.refreshToken);
      expect((await use(duplicate)).status).toBe(200);
    },
  );

  test('is assumed of a request completed after the successor was used, however early it began', async () => {
    const { tokens, session, refresh, use } = await aPhone();
    const body = JSON.stringify({ refreshToken: tokens.refreshToken, deviceId: session.deviceId });
    const slow = request(`${url}/auth/refresh`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', 'Content-Length': body.length },
    });
    slow.write(body.slice(0, -1));
    const successor = (await refresh(tokens)).body.tokens;
    await use(successor);

    slow.end(body.slice(-1));
    const [answer] = (await once(slow, 'response')) as [IncomingMessage];

    expect(answer.statusCode).toBe(401);
    expect(problemOf(await use(successor))).toMatchObject({ code: 'session_revoked' });
  });

  test('is not assumed of a request whose connection was closed, however late it is handled', async () => {
    const { tokens, session, refresh, use } = await aPhone();
    const successor = (await refresh(tokens)).body.tokens;
    await use(successor);
    const hangingUp = new AbortController();
    await admin.$transaction(async (tx) => {
      await tx.$executeRaw`LOCK TABLE sessions IN ACCESS EXCLUSIVE MODE`;
      const abandoned = fetch(`${url}/auth/refresh`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify({ refreshToken: tokens.refreshToken, deviceId: session.deviceId }),
        signal: hangingUp.signal,
      });
      await untilBlocked();
      hangingUp.abort();
      await expect(abandoned).rejects.toThrow('aborted');
    });

    for (let i = 0; i < 5; i++) expect((await refresh(successor)).status).toBe(200);
    expect((await use(successor)).status).toBe(200);
  });

  test('is detected although the response of the database comes late', async () => {
    const { answers, isHeld } = holdOnce('sinceUseMs', 500);
    const database = new URL(settings['DATABASE_URL']!);
    database.port = new URL((await startTcpProxy(database.href, answers)).url).port;
    const node = await startNode({ DATABASE_URL: database.href });
    const { tokens, device, refresh, use } = await aPhone();
    const next = (await refresh(tokens)).body.tokens;
    await use(next);

    const { refreshToken } = tokens;
    const { deviceId } = device;
    const stolen = await createCall(node.url)(authRest.refresh, { refreshToken, deviceId });

    expect(isHeld()).toBe(true);
    expect(problemOf(stolen)).toMatchObject({ code: 'refresh_token_reused' });
    expect(problemOf(await use(next))).toMatchObject({ code: 'session_revoked' });
  });

  test('is assumed of an old token although a later generation is used while the session is read', async () => {
    const { tokens, session, refresh, use } = await aPhone();
    const second = (await refresh(tokens)).body.tokens;
    await use(second);
    const third = (await refresh(second)).body.tokens;
    let late: ReturnType<typeof refresh> | undefined;
    await admin.$transaction(async (tx) => {
      await tx.$executeRaw`LOCK TABLE sessions IN ACCESS EXCLUSIVE MODE`;
      late = refresh(tokens);
      late.catch(() => undefined);
      await untilBlocked();
      await tx.$executeRaw`
        UPDATE sessions SET used_gen = 3, used_at = clock_timestamp() WHERE id = ${session.id}::uuid`;
    });

    expect(problemOf(await late!)).toMatchObject({ code: 'refresh_token_reused' });
    expect(problemOf(await use(third))).toMatchObject({ code: 'session_revoked' });
  });
});
