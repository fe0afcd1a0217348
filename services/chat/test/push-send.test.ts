import { expect, test } from '@jest/globals';
import { atEnd } from '@taar/testing/at-end';
import { refusals, startTestFcm } from '@taar/testing/fcm';
import { createSend } from '../src/push/send.ts';

const fcm = await startTestFcm();
const sender = createSend({ FCM_LOCAL_URL: fcm.url, FIREBASE_PROJECT: 'demo-taar' });
atEnd(sender.stop);

const send = (token: string) => sender.send({ token, data: { type: 'probe' } });

test('of what is sent at once each hears for itself how long FCM wants to be left alone', async () => {
  const [minute, hour, silent, other, good] = Array.from({ length: 5 }, fcm.token);
  fcm.answer(minute!, { ...refusals.quota, retryAfterSeconds: 60 });
  fcm.answer(hour!, { ...refusals.unavailable, retryAfterSeconds: 3_600 });
  fcm.answer(silent!, refusals.quota);
  fcm.answer(other!, refusals.unavailable);

  const outcomes = await Promise.all([minute!, hour!, silent!, other!, good!].map(send));

  expect(outcomes).toEqual([
    { kind: 'later', error: 'messaging/message-rate-exceeded', waitMs: expect.any(Number) },
    { kind: 'later', error: 'messaging/internal-error', waitMs: expect.any(Number) },
    { kind: 'later', error: 'messaging/message-rate-exceeded', waitMs: 60_000 },
    { kind: 'later', error: 'messaging/internal-error', waitMs: 0 },
    { kind: 'accepted', providerId: expect.stringContaining('projects/demo-taar/messages/') },
  ]);
  const [first, second] = outcomes.map((one) => ('waitMs' in one ? one.waitMs : 0));
  expect(first! > 50_000 && first! <= 60_000).toBe(true);
  expect(second! > 3_590_000 && second! <= 3_600_000).toBe(true);
});

test('what FCM refuses is not sent again behind our back: it may be read or signed out of by then', async () => {
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

test('a hundred pushes at once go out, and the next hundred over the same connections', async () => {
  for (let i = 0; i < 2; i++) {
    const outcomes = await Promise.all(Array.from({ length: 100 }, () => send(fcm.token())));
    expect(outcomes.every(({ kind }) => kind === 'accepted')).toBe(true);
  }
  expect(fcm.connections()).toBeLessThanOrEqual(100);
});

test('a message that FCM would never take is refused without asking it', async () => {
  const token = fcm.token();

  const outcome = await sender.send({ token, data: { count: 1 as unknown as string } });

  expect(outcome).toEqual({ kind: 'refused', error: 'messaging/invalid-payload' });
  expect(fcm.calls(token)).toEqual([]);
});

test('a server that is away is trouble for later, and nothing is thrown', async () => {
  const away = await startTestFcm();
  const { send: sendAway, stop } = createSend({ FCM_LOCAL_URL: away.url });
  atEnd(stop);
  await away.close();

  expect(await sendAway({ token: 'x', data: {} })).toEqual({
    kind: 'later',
    error: 'app/network-error',
    waitMs: 0,
  });
});
