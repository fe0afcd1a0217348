import { describe, expect, test } from '@jest/globals';
import { notifyOtherDevices } from '@taar/runtime/notify-other-devices';
import { type RevokeReason, revokeSessions } from '@taar/runtime/sessions/revoke-sessions';
import { refusals } from '@taar/testing/fcm';
import { aUser } from '@taar/testing/factories';
import type { Person } from '@taar/testing/people';
import { deleteOldPushes } from '../src/push/delete-old-pushes.ts';
import { startChatWithPush } from './push.ts';
import { until } from './wait.ts';

const { admin, fcm, node, register } = await startChatWithPush();

/** A user with two devices that have push tokens. */
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
/** Ends a session as the auth service does, which stores the push to its device. */
const end = (id: string, reason: RevokeReason) => revokeSessions(admin, { ids: [id] }, reason);
const jobsOf = async (person: Person) => {
  const { id } = await person.session();
  return admin.outbox.findMany({
    where: { key: id, topic: { startsWith: 'push.' } },
    orderBy: { id: 'asc' },
  });
};
const jobsWhenDone = async (person: Person) => {
  await until('no job waits', async () =>
    (await jobsOf(person)).every(({ doneAt, deadAt }) => doneAt ?? deadAt),
  );
  return jobsOf(person);
};

describe('a session that ends because its refresh token was used twice', () => {
  test('every device of the user is notified once, and its push token is deleted', async () => {
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
    // The job contains the token, so it is deleted when it is done.
    expect(await jobsWhenDone(phone)).toEqual([]);
    expect(await admin.session.count({ where: { pushToken: phoneToken } })).toBe(0);
    expect([fcm.calls(phoneToken), fcm.calls(tabletToken)]).toMatchObject([[{}], [{}]]);
  });

  test('a notification is in the language of the device', async () => {
    const { sessionId, phoneToken } = await twoDevices({ locale: 'bn-IN' });

    await end(sessionId, 'refresh_token_reused');

    expect((await fcm.next(phoneToken)).notification!.body).toMatch(/^এই ডিভাইস/);
  });

  test('a notification waits while FCM is away, and is dropped with a refused token', async () => {
    const [delayed, refused] = [await twoDevices(), await twoDevices()];
    let away = true;
    fcm.answer(delayed.phoneToken, () => (away ? refusals.unavailable : undefined));
    fcm.answer(refused.phoneToken, refusals.unregistered);

    await end(delayed.sessionId, 'refresh_token_reused');
    await end(refused.sessionId, 'refresh_token_reused');
    await fcm.asked(delayed.phoneToken, 2);
    away = false;

    expect((await fcm.next(delayed.phoneToken)).data).toMatchObject({ type: 'session_revoked' });
    expect([await jobsWhenDone(delayed.phone), await jobsWhenDone(refused.phone)]).toEqual([
      [],
      [],
    ]);
  });

  test('a device on which another user has signed in since is not notified', async () => {
    const { sessionId, phone, phoneToken } = await twoDevices();
    fcm.answer(phoneToken, async () => {
      fcm.answer(phoneToken, undefined);
      const { id } = await node.as(await aUser(admin)).session();
      await admin.session.update({ where: { id }, data: { pushToken: phoneToken } });
      return refusals.unavailable;
    });

    await end(sessionId, 'refresh_token_reused');
    await fcm.asked(phoneToken, 1);

    expect(await jobsWhenDone(phone)).toEqual([]);
    expect(fcm.pushes(phoneToken)).toEqual([]);
  });
});

describe('the device of a session that ends', () => {
  test.each(['removed', 'device_limit', 'number_proven_again'] as const)(
    'a device is notified of an end that another device caused (%s)',
    async (reason) => {
      const { sessionId, phoneToken } = await twoDevices();

      await end(sessionId, reason);

      const { data, notification } = await fcm.next(phoneToken);
      expect(data).toEqual({ type: 'session_revoked', sessionId, reason });
      expect(notification!.body).toMatch(/^This device/);
    },
  );

  test.each(['logout', 'account_gone', 'suspended', 'replaced'] as const)(
    'a device is not notified of an end that it or the service caused (%s)',
    async (reason) => {
      const { sessionId, phone } = await twoDevices();

      await end(sessionId, reason);

      expect(await jobsOf(phone)).toEqual([]);
    },
  );
});

describe('a sign-in on another device', () => {
  test('the user’s other devices are notified, in words of the server alone', async () => {
    const { userId, sessionId, phone, tablet, phoneToken, tabletToken } = await twoDevices();
    const added = { kind: 'session_added', addedId: sessionId, platform: 'android' } as const;

    await notifyOtherDevices(admin, { id: sessionId, userId }, added);

    expect(await fcm.next(tabletToken)).toMatchObject({
      data: { type: 'session_added', sessionId, platform: 'android' },
      notification: { title: 'Taar', body: expect.stringContaining('another device') },
    });
    expect(await jobsWhenDone(tablet)).toHaveLength(1);
    expect(await jobsOf(phone)).toEqual([]);
    expect(fcm.calls(phoneToken)).toEqual([]);
  });
});

test('a notification that failed for two days is deleted with its push token', async () => {
  const { sessionId, phone } = await twoDevices();
  const payload = { kind: 'nonsense', sessionId, token: fcm.token() };
  const threeDaysAgo = new Date(Date.now() - 3 * 86_400_000);
  const old = { createdAt: threeDaysAgo, deadAt: threeDaysAgo };
  await admin.outbox.create({ data: { topic: 'push.android', key: sessionId, payload, ...old } });

  await deleteOldPushes({ db: admin });

  expect(await jobsOf(phone)).toEqual([]);
});
