import { describe, expect, test } from '@jest/globals';
import { refusals } from '@taar/testing/fcm';
import { startChatWithPush } from './push.ts';

const push = await startChatWithPush();
const { admin, fcm, friends, node, register, send, pushResults } = push;

const hasToken = async (pushToken: string) =>
  (await admin.session.count({ where: { pushToken } })) === 1;

describe('a push token', () => {
  test.each([
    ['unregistered', refusals.unregistered],
    ['malformed', refusals.badToken],
  ])(
    'a token that FCM calls %s is deleted, and its device is asked for a new one',
    async (_name, refusal) => {
      const { asha, biren, chatId } = await friends();
      const tablet = node.as({ id: biren.userId });
      const [refused, accepted] = [await register(biren), await register(tablet)];
      fcm.answer(refused, refusal);

      const { id } = await send(asha, chatId);
      await fcm.next(accepted);

      expect((await pushResults(id)).map(({ state }) => state).sort()).toEqual([
        'accepted',
        'failed',
      ]);
      expect([await hasToken(refused), await hasToken(accepted)]).toEqual([false, true]);
      const isAsked = async (person: typeof biren) =>
        (await person.connect()).seen('authenticated')[0]?.pushTokenNeeded;
      expect([await isAsked(biren), await isAsked(tablet)]).toEqual([true, false]);
    },
  );

  test('a token of another project is kept, as the server’s credentials are wrong', async () => {
    const { asha, biren, chatId } = await friends();
    const token = await register(biren);
    fcm.answer(token, refusals.otherSender);

    const { id } = await send(asha, chatId);

    expect(await pushResults(id)).toMatchObject([{ state: 'failed' }]);
    expect(await hasToken(token)).toBe(true);
  });

  test('a token of an ended session gets no push, not even one that waited', async () => {
    const { asha, biren, chatId } = await friends();
    const token = await register(biren);
    fcm.answer(token, async () => {
      // The session ends as by a sign-out, during the first try of the push.
      const { id } = await biren.session();
      await admin.session.update({
        where: { id },
        data: { revokedAt: new Date(), pushToken: null },
      });
      return refusals.unavailable;
    });

    const waiting = await send(asha, chatId);
    await fcm.asked(token, 1);
    const later = await send(asha, chatId);

    expect(await pushResults(waiting.id)).toMatchObject([{ state: 'skipped', error: 'no_token' }]);
    expect(await pushResults(later.id)).toMatchObject([{ state: 'skipped', error: 'no_token' }]);
    expect(fcm.calls(token)).toHaveLength(1);
  });

  test('a token that another account registered gets only pushes for that account', async () => {
    const { asha, biren, chatId } = await friends();
    const other = await friends();
    const token = await register(biren);
    const [oldSession, newSession] = await Promise.all([biren.session(), other.biren.session()]);
    await admin.session.update({ where: { id: oldSession.id }, data: { pushToken: null } });
    await admin.session.update({ where: { id: newSession.id }, data: { pushToken: token } });

    const { id } = await send(asha, chatId);
    await send(other.asha, other.chatId);

    expect((await fcm.next(token)).data).toMatchObject({ chatId: other.chatId });
    expect(await pushResults(id)).toMatchObject([{ state: 'skipped', error: 'no_token' }]);
    expect(fcm.calls(token)).toHaveLength(1);
  });
});
