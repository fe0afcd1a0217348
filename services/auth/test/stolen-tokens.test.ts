import { describe, expect, test } from '@jest/globals';
import { type Tokens, authRest } from '@taar/contracts';
import { createCall } from '@taar/testing/client';
import { aDevice, problemOf, startAuth } from './start.ts';

const { url, call, admin, signIn } = await startAuth();

const aPhone = async (phoneNumber?: string) => {
  const device = aDevice();
  const { tokens, session, user } = await signIn(phoneNumber, device);
  const refresh = ({ refreshToken }: Pick<Tokens, 'refreshToken'>) =>
    call(authRest.refresh, { refreshToken, deviceId: device.deviceId });
  const use = ({ accessToken }: Pick<Tokens, 'accessToken'>) =>
    createCall(url, async () => accessToken)(authRest.listSessions, {});
  return { tokens, session, user, refresh, use };
};

/** Somebody waits for a row that another transaction holds. */
const untilOneWaits = async () => {
  const waiting = () => admin.$queryRaw<unknown[]>`
    SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`;
  while ((await waiting()).length === 0) await new Promise((resolve) => setTimeout(resolve, 10));
};

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
