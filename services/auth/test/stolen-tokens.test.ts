import { Transform } from 'node:stream';
import { describe, expect, test } from '@jest/globals';
import { authRest } from '@taar/contracts';
import { createCall } from '@taar/testing/client';
import { startTcpProxy } from './proxy.ts';
import { problemOf, startAuth } from './start.ts';

const { call, admin, settings, startNode, aPhone, untilOneWaits } = await startAuth();

/** Of all that the database answers, holds back what names this column, once. */
const holdOnce = (column: string, ms: number) => {
  let isHeld = false;
  const transform: Transform['_transform'] = (chunk: Buffer, _encoding, pass) => {
    if (isHeld || !chunk.includes(column)) return pass(null, chunk);
    isHeld = true;
    setTimeout(pass, ms, null, chunk);
  };
  return { answers: () => new Transform({ transform }), isHeld: () => isHeld };
};

test('T-A3 a thief who comes after the owner is refused, however late the node hears so from the database', async () => {
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

describe('a refresh token whose successor was used long ago', () => {
  test('is reuse though a later generation is used just while it is looked at', async () => {
    const { tokens, session, refresh, use } = await aPhone();
    const second = (await refresh(tokens)).body.tokens;
    await use(second);
    const third = (await refresh(second)).body.tokens;
    let late: ReturnType<typeof refresh> | undefined;
    await admin.$transaction(async (tx) => {
      await tx.$executeRaw`LOCK TABLE sessions IN ACCESS EXCLUSIVE MODE`;
      late = refresh(tokens);
      late.catch(() => undefined);
      await untilOneWaits();
      await tx.$executeRaw`
        UPDATE sessions SET used_gen = 3, used_at = clock_timestamp() WHERE id = ${session.id}::uuid`;
    });

    expect(problemOf(await late!)).toMatchObject({ code: 'refresh_token_reused' });
    expect(problemOf(await use(third))).toMatchObject({ code: 'session_revoked' });
  });

  test('signs nobody out, neither this device nor any other', async () => {
    const { tokens, user, refresh, use } = await aPhone();
    const other = await aPhone(user.phoneNumber);
    const second = (await refresh(tokens)).body.tokens;
    await use(second);

    const { refreshToken } = tokens;
    expect((await call(authRest.logout, { refreshToken, allDevices: true })).status).toBe(204);

    expect((await use(second)).status).toBe(200);
    expect((await other.use(other.tokens)).status).toBe(200);
  });
});

test('the token before one whose answer was lost signs out still', async () => {
  const { tokens, refresh } = await aPhone();
  await refresh(tokens);

  const { refreshToken } = tokens;
  await call(authRest.logout, { refreshToken });

  expect(problemOf(await refresh(tokens))).toMatchObject({ code: 'session_revoked' });
});
