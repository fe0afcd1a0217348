import { describe, expect, test } from '@jest/globals';
import { aBlock } from '@taar/testing/factories';
import { refusals } from '@taar/testing/fcm';
import { startChatWithPush } from './push.ts';
import { until } from './wait.ts';

const push = await startChatWithPush();
const { admin, fcm, friends, node, register, send, pushResults } = push;

describe('a failure of FCM', () => {
  test('while FCM is away sends succeed, and one push a chat waits for its return', async () => {
    const { asha, biren, chatId } = await friends();
    const token = await register(biren);
    let isAway = true;
    fcm.answer(token, () => (isAway ? refusals.unavailable : undefined));

    for (let i = 0; i < 5; i++) await send(asha, chatId);
    const jobs = {
      topic: 'push.android',
      payload: { path: ['sessionId'], equals: (await biren.session()).id },
    };
    await until(
      'one push of the chat waits',
      async () => (await admin.outbox.count({ where: { ...jobs, doneAt: null } })) === 1,
    );
    isAway = false;
    const arrived = await fcm.next(token, ({ data }) => data?.['seq'] === '5');

    expect(arrived.data).toMatchObject({ badge: '5' });
    await until(
      'no push waits',
      async () => (await admin.outbox.count({ where: { ...jobs, doneAt: null } })) === 0,
    );
    const attempts = await admin.pushAttempt.findMany({ where: { userId: biren.userId } });
    expect(attempts.every(({ state }) => ['accepted', 'skipped'].includes(state))).toBe(true);
    expect(fcm.pushes(token).length).toBeLessThan(6);
  });

  test.each([
    ['blocked', undefined],
    ['muted', { mutedUntil: new Date(Date.now() + 60_000) }],
    ['archived', { archivedAt: new Date() }],
  ])('a push that waited for FCM is dropped if the chat is %s by then', async (error, data) => {
    const { asha, biren, chatId } = await friends();
    const token = await register(biren);
    fcm.answer(token, refusals.unavailable);
    const { id } = await send(asha, chatId);
    await fcm.asked(token, 1);

    const where = { chatId_userId: { chatId, userId: biren.userId } };
    if (data) await admin.chatMember.update({ where, data });
    else await aBlock(admin, { id: biren.userId }, { id: asha.userId });
    fcm.answer(token, undefined);

    expect(await pushResults(id)).toMatchObject([{ state: 'skipped', error }]);
    expect(fcm.pushes(token)).toEqual([]);
  });

  test('a push that waited longer than its lifetime is dropped', async () => {
    const { asha, biren, chatId } = await friends();
    const token = await register(biren);
    fcm.answer(token, async () => {
      const { id: sessionId } = await biren.session();
      const where = { topic: 'push.android', payload: { path: ['sessionId'], equals: sessionId } };
      await admin.outbox.updateMany({
        where,
        data: { createdAt: new Date(Date.now() - 90_000_000) },
      });
      return refusals.unavailable;
    });

    const { id } = await send(asha, chatId);

    expect(await pushResults(id)).toMatchObject([{ state: 'skipped', error: 'too_old' }]);
    expect(fcm.calls(token)).toHaveLength(1);
  });

  test('a push accepted with a 503 is sent again under the same collapse id', async () => {
    const { asha, biren, chatId } = await friends();
    const token = await register(biren, 'ios');
    let first = true;
    fcm.answer(token, () => {
      if (!first) return undefined;
      first = false;
      return { status: 503, code: 'UNAVAILABLE', errorCode: 'UNAVAILABLE', accepted: true };
    });

    const { id } = await send(asha, chatId);

    expect(await pushResults(id)).toMatchObject([{ state: 'accepted' }]);
    const ids = fcm.pushes(token).map(({ apns }) => apns?.headers?.['apns-collapse-id']);
    expect(ids).toEqual([chatId, chatId]);
  });

  test('a Retry-After holds back the pushes of its platform and of no other', async () => {
    const { asha, biren, chatId } = await friends();
    const tablet = node.as({ id: biren.userId });
    const token = await register(biren, 'web');
    let first = true;
    fcm.answer(token, () => {
      if (!first) return undefined;
      first = false;
      return { ...refusals.quota, retryAfterSeconds: 1 };
    });
    await send(asha, chatId);
    const [refused] = await fcm.asked(token, 1);
    const ios = await register(tablet, 'ios');

    await send(asha, chatId);
    await fcm.next(ios);
    const waitedFor = performance.now() - refused!.at;
    const [, again] = await fcm.asked(token, 2);

    expect(waitedFor).toBeLessThan(900);
    expect(again!.at - refused!.at).toBeGreaterThan(990);
  });

  test('a push is not retried before the Retry-After of FCM', async () => {
    const { asha, biren, chatId } = await friends();
    const token = await register(biren);
    let first = true;
    fcm.answer(token, () => {
      if (!first) return undefined;
      first = false;
      return { ...refusals.unavailable, retryAfterSeconds: 1 };
    });

    await send(asha, chatId);
    const [refused, again] = await fcm.asked(token, 2);

    expect(again!.at - refused!.at).toBeGreaterThan(990);
  });

  test('a slow platform holds back no other platform', async () => {
    const { asha, biren, chatId } = await friends();
    const tablet = node.as({ id: biren.userId });
    const [android, ios] = [await register(biren), await register(tablet, 'ios')];
    let release = () => undefined as void;
    const held = new Promise<undefined>((resolve) => {
      release = () => resolve(undefined);
    });
    fcm.answer(android, () => held);

    await send(asha, chatId);
    await fcm.asked(android, 1);
    for (let i = 0; i < 3; i++) await send(asha, chatId);

    await fcm.next(ios, ({ data }) => data?.['seq'] === '4');
    expect(fcm.pushes(android)).toEqual([]);
    release();
    await fcm.next(android);
  });
});
