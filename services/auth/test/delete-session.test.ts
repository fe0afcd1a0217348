import { randomUUID } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { authRest } from '@taar/contracts';
import { createCall } from '@taar/testing/call';
import { aPhoneNumber } from '@taar/testing/factories';
import { startTcpProxy } from './proxy.ts';
import { type SignedIn, aDevice, problemOf, startAuth, until } from './start.ts';

const { url, call, admin, settings, signIn, holding, startNode } = await startAuth();

const listAt = async (at: string, { tokens }: Pick<SignedIn, 'tokens'>) =>
  createCall(at, async () => tokens.accessToken)(authRest.listSessions, {});

describe('DELETE /auth/sessions/:sessionId', () => {
  test('ends a session of the account, and changes nothing when repeated', async () => {
    const phoneNumber = aPhoneNumber();
    const lost = await signIn(phoneNumber, aDevice({ pushToken: randomUUID() }));
    const mine = await signIn(phoneNumber);
    const remove = () => holding(mine)(authRest.deleteSession, { sessionId: lost.session.id });

    expect([(await remove()).status, (await remove()).status]).toEqual([204, 204]);

    expect(problemOf(await listAt(url, lost))).toMatchObject({
      code: 'session_revoked',
      action: 'logout',
    });
    const { refreshToken } = lost.tokens;
    const { deviceId } = lost.session;
    expect(problemOf(await call(authRest.refresh, { refreshToken, deviceId }))).toMatchObject({
      code: 'session_revoked',
    });
    const row = await admin.session.findUniqueOrThrow({ where: { id: lost.session.id } });
    expect(row.pushToken).toBeNull();
  });

  test('answers alike for sessions of others and unknown ones', async () => {
    const [mine, foreign] = [await signIn(), await signIn()];

    for (const sessionId of [foreign.session.id, randomUUID()])
      expect(problemOf(await holding(mine)(authRest.deleteSession, { sessionId }))).toMatchObject({
        status: 404,
        code: 'session_not_found',
      });
    expect((await listAt(url, foreign)).status).toBe(200);
  });

  test('takes effect on other nodes at once', async () => {
    const node = await startNode();
    const phoneNumber = aPhoneNumber();
    const [lost, mine] = [await signIn(phoneNumber), await signIn(phoneNumber)];
    expect((await listAt(node.url, lost)).status).toBe(200);

    await holding(mine)(authRest.deleteSession, { sessionId: lost.session.id });

    await until(async () => (await listAt(node.url, lost)).status === 401);
  });

  test('takes effect while Redis is away', async () => {
    const proxy = await startTcpProxy(settings['REDIS_URL']!);
    const node = await startNode({ REDIS_URL: proxy.url });
    const phoneNumber = aPhoneNumber();
    const [lost, mine] = [await signIn(phoneNumber), await signIn(phoneNumber)];
    await proxy.cut();
    const mineAtNode = createCall(node.url, async () => mine.tokens.accessToken);

    expect((await mineAtNode(authRest.deleteSession, { sessionId: lost.session.id })).status).toBe(
      204,
    );

    expect(problemOf(await listAt(node.url, lost))).toMatchObject({ code: 'session_revoked' });
    expect((await listAt(node.url, mine)).status).toBe(200);
  });
});
