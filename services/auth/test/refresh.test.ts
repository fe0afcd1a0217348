import { describe, expect, test } from '@jest/globals';
import { authRest } from '@taar/contracts';
import { aDevice, problemOf, startAuth } from './start.ts';

const { url, call, admin, aPhone } = await startAuth();

describe('POST /auth/refresh', () => {
  test('yields one working successor to twenty concurrent requests', async () => {
    const { tokens, refresh, use } = await aPhone();

    const answers = await Promise.all(Array.from({ length: 20 }, () => refresh(tokens)));

    expect(answers.map(({ status }) => status)).toEqual(Array(20).fill(200));
    const pairs = answers.map(({ body }) => body.tokens);
    expect(new Set(pairs.map((pair) => JSON.stringify(pair))).size).toBe(1);
    expect((await use(pairs[0]!)).status).toBe(200);
    expect((await refresh(pairs[0]!)).status).toBe(200);
  });

  test('yields the same successor when repeated after a lost response, however late', async () => {
    const { tokens, refresh, session } = await aPhone();
    const lost = await refresh(tokens);
    await admin.session.update({
      where: { id: session.id },
      data: { lastUsedAt: new Date(Date.now() - 86_400_000) },
    });

    const again = await refresh(tokens);

    expect(again.body.tokens.refreshToken).toBe(lost.body.tokens.refreshToken);
  });

  test('works for one generation after another', async () => {
    const { tokens, refresh } = await aPhone();
    let pair = tokens;
    for (let i = 0; i < 5; i++) pair = (await refresh(pair)).body.tokens;

    expect((await refresh(pair)).status).toBe(200);
  });

  test.each([
    ['an object', { not: '' }],
    ['a number', 1],
    ['a list', ['x']],
    ['null', null],
  ])('rejects %s as a token', async (_what, refreshToken) => {
    const answer = await fetch(`${url}/auth/refresh`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ refreshToken, deviceId: aDevice().deviceId }),
    });

    expect(answer.status).toBe(400);
  });

  test('rejects the token of another device', async () => {
    const { tokens } = await aPhone();

    const refused = await call(authRest.refresh, {
      refreshToken: tokens.refreshToken,
      deviceId: aDevice().deviceId,
    });

    expect(problemOf(refused)).toMatchObject({ status: 401, code: 'refresh_token_invalid' });
  });

  test('rejects every token that the service did not issue', async () => {
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

  test('extends the session to sixty days from now', async () => {
    const { tokens, session, refresh } = await aPhone();
    const inAnHour = new Date(Date.now() + 3_600_000);
    await admin.session.update({ where: { id: session.id }, data: { expiresAt: inAnHour } });

    const { body } = await refresh(tokens);

    const left = Date.parse(body.tokens.refreshTokenExpiresAt) - Date.now();
    expect(Math.round(left / 86_400_000)).toBe(60);
  });

  test('fails after sixty idle days, and extends no session beyond a year', async () => {
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

  test('works after the database was restored to a time before the last refresh', async () => {
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
});
