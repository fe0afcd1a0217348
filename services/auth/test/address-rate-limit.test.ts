import { randomUUID } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { authRest, limits } from '@taar/contracts';
import { createCall } from '@taar/testing/call';
import { startAuth } from './start.ts';

const { settings, startNode, signIn } = await startAuth();
const most = 50;

test('requests with a valid token count against the address once the budget of the user is spent', async () => {
  const { tokens } = await signIn();
  const node = await startNode({
    RATE_LIMIT_FACTOR: '1',
    REDIS_PREFIX: `${settings['REDIS_PREFIX']}:flood`,
    REQUESTS_PER_MINUTE_PER_ADDRESS: String(most),
  });
  const call = createCall(node.url, async () => tokens.accessToken);
  const ask = async () => (await call(authRest.deleteSession, { sessionId: randomUUID() })).status;

  for (let i = 0; i < limits.write.points; i++) expect(await ask()).toBe(404);
  for (let i = 0; i <= most; i++) expect(await ask()).toBe(429);

  expect((await createCall(node.url)(authRest.listKeys, {})).status).toBe(429);
});
