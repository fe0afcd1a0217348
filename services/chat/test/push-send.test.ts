import { expect, test } from '@jest/globals';
import { atEnd } from '@taar/testing/at-end';
import { refusals, startTestFcm } from '@taar/testing/fcm';
import { createSendPush } from '../src/push/send-push.ts';

const fcm = await startTestFcm();
const sender = createSendPush({ FCM_LOCAL_URL: fcm.url, FIREBASE_PROJECT: 'demo-taar' });
atEnd(sender.stop);

const send = (token: string) => sender.sendPush({ token, data: { type: 'probe' } });

test('pushes that are sent at once have a retry delay each', async () => {
  const [minute, hour, quotaOnly, errorOnly, accepted] = Array.from({ length: 5 }, fcm.token);
  fcm.answer(minute!, { ...refusals.quota, retryAfterSeconds: 60 });
  fcm.answer(hour!, { ...refusals.unavailable, retryAfterSeconds: 3_600 });
  fcm.answer(quotaOnly!, refusals.quota);
  fcm.answer(errorOnly!, refusals.unavailable);

  const outcomes = await Promise.all([minute!, hour!, quotaOnly!, errorOnly!, accepted!].map(send));

  expect(outcomes).toEqual([
    { kind: 'later', error: 'messaging/message-rate-exceeded', waitMs: expect.any(Number) },
    { kind: 'later', error: 'messaging/internal-error', waitMs: expect.any(Number) },
    { kind: 'later', error: 'messaging/message-rate-exceeded', waitMs: 60_000 },
    { kind: 'later', error: 'messaging/internal-error', waitMs: 0 },
    { kind: 'accepted', providerId: expect.stringContaining('projects/demo-taar/messages/') },
  ]);
  const [first, second] = outcomes.map((outcome) => ('waitMs' in outcome ? outcome.waitMs : 0));
  expect(first! > 50_000 && first! <= 60_000).toBe(true);
  expect(second! > 3_590_000 && second! <= 3_600_000).toBe(true);
});

test('the FCM client does not retry a push, which may be obsolete by then', async () => {
  const token = fcm.token();
  const unavailable = { status: 503, code: 'UNAVAILABLE', errorCode: 'UNAVAILABLE' };
  fcm.answer(token, { ...unavailable, retryAfterSeconds: 1 });

  expect(await send(token)).toEqual({
    kind: 'later',
    error: 'messaging/server-unavailable',
    waitMs: expect.any(Number),
  });
  expect(fcm.calls(token)).toHaveLength(1);
});

test('a hundred pushes go out at once, and the next hundred reuse their connections', async () => {
  for (let i = 0; i < 2; i++) {
    const outcomes = await Promise.all(Array.from({ length: 100 }, () => send(fcm.token())));
    expect(outcomes.every(({ kind }) => kind === 'accepted')).toBe(true);
  }
  expect(fcm.connections()).toBeLessThanOrEqual(100);
});

test('a message that FCM would never accept is rejected without a request', async () => {
  const token = fcm.token();

  const outcome = await sender.sendPush({ token, data: { count: 1 as unknown as string } });

  expect(outcome).toEqual({ kind: 'rejected', error: 'messaging/invalid-payload' });
  expect(fcm.calls(token)).toEqual([]);
});

test('an FCM that is away causes a retry and no exception', async () => {
  const away = await startTestFcm();
  const { sendPush: sendAway, stop } = createSendPush({ FCM_LOCAL_URL: away.url });
  atEnd(stop);
  await away.close();

  expect(await sendAway({ token: 'x', data: {} })).toEqual({
    kind: 'later',
    error: 'app/network-error',
    waitMs: 0,
  });
});
