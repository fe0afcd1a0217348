import { randomUUID } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { aBlock } from '@taar/testing/factories';
import { refusals } from '@taar/testing/fcm';
import { until } from './devices.ts';
import { startProcess } from './processes.ts';
import { startPushing } from './push.ts';

const push = await startPushing();
const { admin, fcm, friends, node, register, send, ways } = push;

const tokenOf = async (pushToken: string) =>
  (await admin.session.count({ where: { pushToken } })) === 1;

describe('a token', () => {
  test.each([
    ['unregistered', refusals.unregistered],
    ['malformed', refusals.badToken],
  ])(
    'T-P1 F34 that FCM calls %s is forgotten, and the device is asked for another',
    async (_name, refusal) => {
      const { asha, biren, chatId } = await friends();
      const tablet = node.as({ id: biren.userId });
      const [dead, good] = [await register(biren), await register(tablet)];
      fcm.answer(dead, refusal);

      const { id } = await send(asha, chatId);
      await fcm.next(good);

      expect((await ways(id)).map(({ state }) => state).sort()).toEqual(['accepted', 'failed']);
      expect([await tokenOf(dead), await tokenOf(good)]).toEqual([false, true]);
      const isAsked = async (person: typeof biren) =>
        (await person.connect()).seen('authenticated')[0]?.pushTokenNeeded;
      expect([await isAsked(biren), await isAsked(tablet)]).toEqual([true, false]);
    },
  );

  test('F34 of another Firebase project is kept: it is our credentials that are wrong', async () => {
    const { asha, biren, chatId } = await friends();
    const token = await register(biren);
    fcm.answer(token, refusals.otherSender);

    const { id } = await send(asha, chatId);

    expect(await ways(id)).toMatchObject([{ state: 'failed' }]);
    expect(await tokenOf(token)).toBe(true);
  });

  test('T-P2 of a session that ended is not pushed to, not even what was waiting', async () => {
    const { asha, biren, chatId } = await friends();
    const token = await register(biren);
    fcm.answer(token, async () => {
      // As signing out does, while the push is on its first try.
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

    expect(await ways(waiting.id)).toMatchObject([{ state: 'skipped', error: 'no_token' }]);
    expect(await ways(later.id)).toMatchObject([{ state: 'skipped', error: 'no_token' }]);
    expect(fcm.calls(token)).toHaveLength(1);
  });

  test('T-P3 that another account registered brings only what is for that account', async () => {
    const { asha, biren, chatId } = await friends();
    const other = await friends();
    const token = await register(biren);
    const [old, taken] = await Promise.all([biren.session(), other.biren.session()]);
    await admin.session.update({ where: { id: old.id }, data: { pushToken: null } });
    await admin.session.update({ where: { id: taken.id }, data: { pushToken: token } });

    const { id } = await send(asha, chatId);
    await send(other.asha, other.chatId);

    expect((await fcm.next(token)).data).toMatchObject({ chatId: other.chatId });
    expect(await ways(id)).toMatchObject([{ state: 'skipped', error: 'no_token' }]);
    expect(fcm.calls(token)).toHaveLength(1);
  });
});

describe('FCM', () => {
  test('F33 is away: sending is unharmed, pushes wait and go out when it is back, one a chat', async () => {
    const { asha, biren, chatId } = await friends();
    const token = await register(biren);
    let away = true;
    fcm.answer(token, () => (away ? refusals.unavailable : undefined));

    for (let i = 0; i < 5; i++) await send(asha, chatId);
    const jobs = {
      topic: 'push.android',
      payload: { path: ['sessionId'], equals: (await biren.session()).id },
    };
    await until(
      'one waits for the chat',
      async () => (await admin.outbox.count({ where: { ...jobs, doneAt: null } })) === 1,
    );
    away = false;
    const arrived = await fcm.next(token, ({ data }) => data?.['seq'] === '5');

    expect(arrived.data).toMatchObject({ badge: '5' });
    await until(
      'nothing waits',
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
  ])('F33 was away while the chat was %s: what waited is not pushed', async (error, data) => {
    const { asha, biren, chatId } = await friends();
    const token = await register(biren);
    fcm.answer(token, refusals.unavailable);
    const { id } = await send(asha, chatId);
    await fcm.asked(token, 1);

    const where = { chatId_userId: { chatId, userId: biren.userId } };
    if (data) await admin.chatMember.update({ where, data });
    else await aBlock(admin, { id: biren.userId }, { id: asha.userId });
    fcm.answer(token, undefined);

    expect(await ways(id)).toMatchObject([{ state: 'skipped', error }]);
    expect(fcm.pushes(token)).toEqual([]);
  });

  test('F33 was away for longer than a push is worth: it is dropped, not sent in a storm', async () => {
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

    expect(await ways(id)).toMatchObject([{ state: 'skipped', error: 'too_old' }]);
    expect(fcm.calls(token)).toHaveLength(1);
  });

  test('F35 says 503 after it accepted: what comes twice has the same collapse id', async () => {
    const { asha, biren, chatId } = await friends();
    const token = await register(biren, 'ios');
    let first = true;
    fcm.answer(token, () => {
      if (!first) return undefined;
      first = false;
      return { status: 503, code: 'UNAVAILABLE', errorCode: 'UNAVAILABLE', accepted: true };
    });

    const { id } = await send(asha, chatId);

    expect(await ways(id)).toMatchObject([{ state: 'accepted' }]);
    const ids = fcm.pushes(token).map(({ apns }) => apns?.headers?.['apns-collapse-id']);
    expect(ids).toEqual([chatId, chatId]);
  });

  test('F36 wants to be left alone: no call of that platform comes before, others go on', async () => {
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

  test('F36 is in trouble and says for how long: nobody asks before', async () => {
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

  test('is slow for one platform: the other is not held', async () => {
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

test('T-P5 the worker dies after FCM took a push: it comes at most once more, under one id', async () => {
  const { asha, biren, chatId } = await friends();
  const token = await register(biren);
  await node.close();
  const doomed = await startProcess({ ...push.env, ...push.settings });
  let calls = 0;
  fcm.answer(token, async () => {
    calls += 1;
    if (calls === 1) await doomed.end('SIGKILL');
    return undefined;
  });

  const { id } = await send(push.at(doomed.url)({ id: asha.userId }), chatId);
  await fcm.next(token);
  await push.startNode(push.settings);
  // A minute passes, after which whoever took the job counts as dead.
  await admin.outbox.updateMany({ data: { lockedUntil: null } });

  expect(await ways(id)).toMatchObject([{ state: 'accepted' }]);
  const ids = fcm.pushes(token).map(({ android }) => android?.collapse_key);
  expect(ids).toEqual([chatId, chatId]);
});

test('F58 jobs that cannot be worked are given up after some tries, and hold no others', async () => {
  const poison = [
    { topic: 'message.created', payload: { messageId: 'none' } },
    { topic: 'message.created', payload: {} },
    { topic: 'push.android', payload: { kind: 'message', sessionId: randomUUID() } },
    { topic: 'push.android', payload: ['no object'] },
  ];
  const key = randomUUID();
  await admin.outbox.createMany({ data: poison.map((job) => ({ ...job, key })) });
  const { asha, biren, chatId } = await friends();
  const at = push.at((await push.startNode(push.settings)).url);
  const token = await register(biren);

  await send(at({ id: asha.userId }), chatId);

  await fcm.next(token);
  await until('they are given up', async () => {
    const dead = await admin.outbox.findMany({ where: { key, deadAt: { not: null } } });
    return dead.length === poison.length;
  });
  const dead = await admin.outbox.findMany({ where: { key } });
  expect(dead.map(({ attempts }) => attempts)).toEqual([5, 5, 5, 5]);
  expect(dead.every(({ lastError }) => lastError?.startsWith('The payload'))).toBe(true);
});
