import { randomUUID } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { authRest } from '@taar/contracts';
import { createCall } from '@taar/testing/call';
import { aSession, aUser } from '@taar/testing/factories';
import { createSecrets } from '../src/secrets.ts';
import { refreshTokenOf } from '../src/sessions/refresh-token.ts';
import { startAuth } from './start.ts';

const { admin, settings, startNode } = await startAuth();

test('a hundred phones behind one address all get their tokens', async () => {
  const node = await startNode({
    REDIS_PREFIX: `${settings['REDIS_PREFIX']}:many-phones`,
    RATE_LIMIT_FACTOR: '1',
    REQUESTS_PER_MINUTE_PER_ADDRESS: '50',
  });
  const secrets = createSecrets(settings['AUTH_SECRET']!);
  const user = await aUser(admin);
  const phones = await Promise.all(Array.from({ length: 100 }, () => aSession(admin, user)));

  const refreshAndUse = async (session: (typeof phones)[number]) => {
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
    statuses.push(...(await Promise.all(phones.slice(i, i + 20).map(refreshAndUse))).flat());

  expect(statuses).toEqual(Array(200).fill(200));
});

test('an address that sends only invalid tokens is rate limited', async () => {
  const node = await startNode({
    REDIS_PREFIX: `${settings['REDIS_PREFIX']}:invalid-tokens`,
    REQUESTS_PER_MINUTE_PER_ADDRESS: '50',
  });
  const guess = { refreshToken: 'x', deviceId: randomUUID() };
  const statuses: number[] = [];
  for (let i = 0; i < 60; i++)
    statuses.push((await createCall(node.url)(authRest.refresh, guess)).status);

  expect(statuses.filter((status) => status === 401).length).toBeLessThanOrEqual(50);
  expect(statuses.at(-1)).toBe(429);
});
