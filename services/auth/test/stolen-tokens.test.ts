import { describe, expect, test } from '@jest/globals';
import { authRest } from '@taar/contracts';
import { problemOf, startAuth } from './start.ts';

const { call, admin, aPhone, untilOneWaits } = await startAuth();

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
