import { randomUUID } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { chatRest, userRest } from '@taar/contracts';
import { aDirectChat, aUser } from '@taar/testing/factories';
import { refusals, startTestFcm } from '@taar/testing/fcm';
import { startAllServices } from './all-services.ts';

const fcm = await startTestFcm();
const { admin, chat, user } = await startAllServices({
  FCM_LOCAL_URL: fcm.url,
  PUSH_POLL_MS: '50',
  PUSH_RETRY_MS: '20',
  PROBE_WAIT_MS: '1500',
});

const aDevice = async () => {
  const person = await aUser(admin);
  const phone = user(person);
  const { id } = await phone.session();
  const pushToken = fcm.token();
  await admin.session.update({ where: { id }, data: { pushToken } });
  return { person, phone, sessionId: id, pushToken };
};

const passed = (hop: string) => ({ hop, state: 'passed', error: null });
const notReached = (hop: string) => ({ hop, state: 'not_reached', error: null });

describe('the push probe names the hop at which a push is stuck:', () => {
  test('none, when the device acknowledges the push', async () => {
    const { phone, pushToken } = await aDevice();
    const probing = phone.call(userRest.probePush, {});

    const { data, notification } = await fcm.next(pushToken);
    const pushId = data!['pushId']!;
    await phone.call(userRest.ackPush, { pushId });

    expect(data).toMatchObject({ type: 'probe' });
    expect(notification).toEqual({ title: 'Taar', body: 'Notifications work.' });
    expect((await probing).body).toEqual({
      pushId,
      hops: ['queued', 'accepted_by_fcm', 'device_ack'].map(passed),
      stuckAt: null,
    });
  });

  test('device_ack, when the device does not answer; a late answer is kept', async () => {
    const { phone } = await aDevice();

    const { body } = await phone.call(userRest.probePush, {});
    const { pushId } = body;
    await phone.call(userRest.ackPush, { pushId });
    const later = await phone.call(userRest.getProbe, { pushId });

    expect(body).toMatchObject({
      stuckAt: 'device_ack',
      hops: [passed('queued'), passed('accepted_by_fcm'), { state: 'waiting' }],
    });
    expect(later.body.stuckAt).toBeNull();
  });

  test.each([
    ['waiting', refusals.unavailable, 'messaging/internal-error'],
    ['failed', refusals.unregistered, 'messaging/registration-token-not-registered'],
    ['failed', refusals.otherSender, 'messaging/mismatched-credential'],
  ])('accepted_by_fcm, %s, when FCM answers %o', async (state, refusal, error) => {
    const { phone, pushToken } = await aDevice();
    fcm.answer(pushToken, refusal);

    const { body } = await phone.call(userRest.probePush, {});

    expect(body).toMatchObject({
      stuckAt: 'accepted_by_fcm',
      hops: [passed('queued'), { hop: 'accepted_by_fcm', state, error }, notReached('device_ack')],
    });
    fcm.answer(pushToken, undefined);
  });

  test.each([
    ['no_token', null],
    ['token_refused', new Date()],
  ])('queued, when the device cannot be pushed to: %s', async (error, pushFailedAt) => {
    const { phone, sessionId } = await aDevice();
    await admin.session.update({
      where: { id: sessionId },
      data: { pushToken: null, pushFailedAt },
    });

    const { body } = await phone.call(userRest.probePush, {});

    expect(body).toMatchObject({
      stuckAt: 'queued',
      hops: [{ hop: 'queued', state: 'failed', error }, { state: 'not_reached' }, {}],
    });
  });
});

test('the push of a message is acknowledged in the same way, and only by its device', async () => {
  const [asha, { person, phone, pushToken }] = await Promise.all([aUser(admin), aDevice()]);
  const { id: chatId } = await aDirectChat(admin, asha, person);
  const message = { chatId, clientMessageId: randomUUID(), content: 'Kemon aso?' };
  await chat(asha).call(chatRest.sendMessage, message);
  const pushId = (await fcm.next(pushToken)).data!['pushId']!;

  const stranger = await user(asha).call(userRest.ackPush, { pushId });
  const own = await phone.call(userRest.ackPush, { pushId });

  expect([stranger.status, own.status]).toEqual([410, 204]);
  const attempt = await admin.pushAttempt.findUniqueOrThrow({ where: { id: pushId } });
  expect(attempt.state).toBe('device_ack');
});
