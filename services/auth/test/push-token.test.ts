import { randomBytes, randomUUID } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { authRest } from '@taar/contracts';
import { type SignedIn, startAuth } from './start.ts';

const { admin, signIn, holding } = await startAuth();

describe('PUT /auth/sessions/current/push-token', () => {
  test('moves a token from the session that has it', async () => {
    const [old, fresh] = [await signIn(), await signIn()];
    const token = `push-${randomUUID()}`;
    const put = (who: SignedIn) =>
      holding(who)(authRest.updatePushToken, { token, provider: 'fcm' });

    expect([(await put(old)).status, (await put(fresh)).status]).toEqual([204, 204]);

    const holders = await admin.session.findMany({ where: { pushToken: token } });
    expect(holders.map(({ id }) => id)).toEqual([fresh.session.id]);
  });

  test('assigns a token to one of two sessions that send it concurrently', async () => {
    const phones = [await signIn(), await signIn()];
    const token = `push-${randomUUID()}`;

    const answers = await Promise.all(
      phones.map((who) => holding(who)(authRest.updatePushToken, { token, provider: 'fcm' })),
    );

    expect(answers.map(({ status }) => status)).toEqual([204, 204]);
    expect(await admin.session.count({ where: { pushToken: token } })).toBe(1);
  });

  test('accepts the longest allowed token and rejects invalid ones', async () => {
    const me = await signIn();
    const put = (token: string) =>
      holding(me)(authRest.updatePushToken, { token, provider: 'fcm' });

    expect((await put(randomBytes(1_024).toString('hex'))).status).toBe(204);
    for (const token of [randomBytes(2_048).toString('hex'), 'with space', 'é'.repeat(2_000), ''])
      expect((await put(token)).status).toBe(400);
  });
});
