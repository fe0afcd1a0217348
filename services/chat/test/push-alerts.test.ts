import { describe, expect, test } from '@jest/globals';
import { notifyOtherDevices } from '@taar/runtime/notify-other-devices';
import { type RevokeReason, revokeSessions } from '@taar/runtime/sessions';
import { refusals } from '@taar/testing/fcm';
import { aUser } from '@taar/testing/factories';
import type { Person } from '@taar/testing/people';
import { forgetPushes } from '../src/push/forget.ts';
import { until } from './devices.ts';
import { startPushing } from './push.ts';

const { admin, fcm, node, register } = await startPushing();

/** Somebody with two devices that take pushes. */
const twoDevices = async (fields = {}) => {
  const { id } = await aUser(admin);
  const [phone, tablet] = [node.as({ id }), node.as({ id })];
  const [phoneToken, tabletToken] = [
    await register(phone, 'android', fields),
    await register(tablet, 'ios', fields),
  ];
  const { id: sessionId } = await phone.session();
  return { userId: id, sessionId, phone, tablet, phoneToken, tabletToken };
};
/** As auth ends a session: the device itself is told by what ends it. */
const end = (id: string, reason: RevokeReason) => revokeSessions(admin, { ids: [id] }, reason);
const jobsOf = async (person: Person) => {
  const { id } = await person.session();
  return admin.outbox.findMany({
    where: { key: id, topic: { startsWith: 'push.' } },
    orderBy: { id: 'asc' },
  });
};
const settled = async (person: Person) => {
  await until('nothing waits', async () =>
    (await jobsOf(person)).every(({ doneAt, deadAt }) => doneAt ?? deadAt),
  );
  return jobsOf(person);
};

describe('when a session ends because its refresh token was used twice', () => {
  test('H64 its device and the others are told, each once, and its push token is gone', async () => {
    const { userId, sessionId, phone, phoneToken, tabletToken } = await twoDevices();

    await end(sessionId, 'refresh_token_reused');
    await notifyOtherDevices(
      admin,
      { id: sessionId, userId },
      {
        kind: 'session_revoked',
        revokedId: sessionId,
        reason: 'refresh_token_reused',
      },
    );
    const [own, other] = await Promise.all([fcm.next(phoneToken), fcm.next(tabletToken)]);

    const data = { type: 'session_revoked', sessionId, reason: 'refresh_token_reused' };
    expect([own.data, other.data]).toEqual([data, data]);
    expect(own.notification).toEqual({
      title: 'Taar',
      body: expect.stringMatching(/^This device/),
    });
    expect(other.notification).toEqual({ title: 'Taar', body: expect.stringMatching(/^One of/) });
    expect(own.android).toMatchObject({ priority: 'high' });
    // The job carried the token, and goes with it.
    expect(await settled(phone)).toEqual([]);
    expect(await admin.session.count({ where: { pushToken: phoneToken } })).toBe(0);
    expect([fcm.calls(phoneToken), fcm.calls(tabletToken)]).toMatchObject([[{}], [{}]]);
  });

  test('a device is told in its own language', async () => {
    const { sessionId, phoneToken } = await twoDevices({ locale: 'bn-IN' });

    await end(sessionId, 'refresh_token_reused');

    expect((await fcm.next(phoneToken)).notification!.body).toMatch(/^এই ডিভাইস/);
  });

  test('FCM being away only delays it; what it refuses for good is dropped with the token', async () => {
    const [late, dead] = [await twoDevices(), await twoDevices()];
    let away = true;
    fcm.answer(late.phoneToken, () => (away ? refusals.unavailable : undefined));
    fcm.answer(dead.phoneToken, refusals.unregistered);

    await end(late.sessionId, 'refresh_token_reused');
    await end(dead.sessionId, 'refresh_token_reused');
    await fcm.asked(late.phoneToken, 2);
    away = false;

    expect((await fcm.next(late.phoneToken)).data).toMatchObject({ type: 'session_revoked' });
    expect([await settled(late.phone), await settled(dead.phone)]).toEqual([[], []]);
  });

  test('T-P3 whoever has signed in on that device meanwhile is not told', async () => {
    const { sessionId, phone, phoneToken } = await twoDevices();
    fcm.answer(phoneToken, async () => {
      fcm.answer(phoneToken, undefined);
      const { id } = await node.as(await aUser(admin)).session();
      await admin.session.update({ where: { id }, data: { pushToken: phoneToken } });
      return refusals.unavailable;
    });

    await end(sessionId, 'refresh_token_reused');
    await fcm.asked(phoneToken, 1);

    expect(await settled(phone)).toEqual([]);
    expect(fcm.pushes(phoneToken)).toEqual([]);
  });
});

describe('the device of a session that ends', () => {
  test.each(['removed', 'device_limit', 'number_proven_again'] as const)(
    'by the doing of another device (%s) is told',
    async (reason) => {
      const { sessionId, phoneToken } = await twoDevices();

      await end(sessionId, reason);

      const { data, notification } = await fcm.next(phoneToken);
      expect(data).toEqual({ type: 'session_revoked', sessionId, reason });
      expect(notification!.body).toMatch(/^This device/);
    },
  );

  test.each(['logout', 'account_gone', 'suspended', 'replaced'] as const)(
    'by its own doing or ours (%s) is left alone',
    async (reason) => {
      const { sessionId, phone } = await twoDevices();

      await end(sessionId, reason);

      expect(await jobsOf(phone)).toEqual([]);
    },
  );
});

describe('when somebody signs in on a further device', () => {
  test('the others are told, by no word that they chose', async () => {
    const { userId, sessionId, phone, tablet, phoneToken, tabletToken } = await twoDevices();
    const added = { kind: 'session_added', addedId: sessionId, platform: 'android' } as const;

    await notifyOtherDevices(admin, { id: sessionId, userId }, added);

    expect(await fcm.next(tabletToken)).toMatchObject({
      data: { type: 'session_added', sessionId, platform: 'android' },
      notification: { title: 'Taar', body: expect.stringContaining('another device') },
    });
    expect(await settled(tablet)).toHaveLength(1);
    expect(await jobsOf(phone)).toEqual([]);
    expect(fcm.calls(phoneToken)).toEqual([]);
  });
});

test('a token that could not be told of the end for two days is dropped', async () => {
  const { sessionId, phone } = await twoDevices();
  const payload = { kind: 'nonsense', sessionId, token: fcm.token() };
  const threeDaysAgo = new Date(Date.now() - 3 * 86_400_000);
  const old = { createdAt: threeDaysAgo, deadAt: threeDaysAgo };
  await admin.outbox.create({ data: { topic: 'push.android', key: sessionId, payload, ...old } });

  await forgetPushes({ db: admin });

  expect(await jobsOf(phone)).toEqual([]);
});
