import { randomUUID } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { authRest } from '@taar/contracts';
import { aPhoneNumber } from '@taar/testing/factories';
import { wrongFor } from './firebase.ts';
import { aDevice, problemOf, startAuth } from './start.ts';

const { url, call, admin, sendOtp, signIn } = await startAuth();

const verify = async (body: object) => {
  const answer = await fetch(`${url}/auth/verify-otp`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  });
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
};

describe('POST /auth/verify-otp', () => {
  test('rejects the correct code after five wrong ones', async () => {
    const [phoneNumber, device] = [aPhoneNumber(), aDevice()];
    const sent = await sendOtp(phoneNumber, device);
    for (let step = 1; step <= 5; step++) {
      const wrong = await verify({ ...sent, code: wrongFor(sent.code, step), device });
      expect(wrong).toMatchObject({ status: 401, body: { attemptsRemaining: 5 - step } });
    }

    expect(await verify({ ...sent, device })).toMatchObject({
      status: 429,
      body: { code: 'otp_attempts_exceeded' },
    });
  });

  test('counts each of many concurrent wrong codes', async () => {
    const device = aDevice();
    const sent = await sendOtp(aPhoneNumber(), device);
    const guesses = Array.from({ length: 20 }, (_, i) => wrongFor(sent.code, i + 1));

    const answers = await Promise.all(guesses.map((code) => verify({ ...sent, code, device })));

    const codes = answers.map(({ body }) => body['code']);
    expect(codes.filter((code) => code === 'otp_invalid')).toHaveLength(5);
    expect(codes.filter((code) => code === 'otp_attempts_exceeded')).toHaveLength(15);
  });

  test.each([
    ['with a blank', '123456 '],
    ['that is a number', 123456],
    ['that is a list', ['123456']],
    ['that is an object', { not: '' }],
    ['that is too short in other digits', '١٢٣٤٥'],
    ['that is too short', '12345'],
  ])('rejects a code %s', async (_what, code) => {
    const body = {
      verificationId: randomUUID(),
      phoneNumber: aPhoneNumber(),
      code,
      device: aDevice(),
    };

    expect(await verify(body)).toMatchObject({ status: 400, body: { code: 'validation_failed' } });
  });

  test('treats a wrong number like a wrong code', async () => {
    const device = aDevice();
    const sent = await sendOtp(aPhoneNumber(), device);

    const answer = await verify({ ...sent, phoneNumber: aPhoneNumber(), device });

    expect(answer.body).toMatchObject({ code: 'otp_invalid', attemptsRemaining: 4 });
  });

  test('accepts a code only from the device that requested it', async () => {
    const sent = await sendOtp(aPhoneNumber(), aDevice());

    expect(await verify({ ...sent, device: aDevice() })).toMatchObject({
      status: 409,
      body: { code: 'conflict' },
    });
  });

  test('rejects an expired code', async () => {
    const device = aDevice();
    const sent = await sendOtp(aPhoneNumber(), device);
    const where = { id: sent.verificationId };
    await admin.otpRequest.update({ where, data: { expiresAt: new Date(Date.now() - 1) } });

    expect(await verify({ ...sent, device })).toMatchObject({ status: 410 });
    const unknown = { ...sent, verificationId: randomUUID() };
    expect(await verify({ ...unknown, device })).toMatchObject({ status: 410 });
  });

  test('returns the same session when repeated after a lost response', async () => {
    const device = aDevice();
    const sent = await sendOtp(aPhoneNumber(), device);

    const first = await verify({ ...sent, device, profile: { name: 'Asha' } });
    const again = await verify({ ...sent, device, profile: { name: 'Asha' } });

    expect(first.status).toBe(201);
    expect(again).toMatchObject({
      status: 201,
      body: {
        session: first.body['session'],
        tokens: { refreshToken: (first.body['tokens'] as { refreshToken: string }).refreshToken },
      },
    });
  });

  test('rejects a used code after a minute', async () => {
    const device = aDevice();
    const sent = await sendOtp(aPhoneNumber(), device);
    await verify({ ...sent, device });
    const where = { id: sent.verificationId };
    await admin.otpRequest.update({ where, data: { consumedAt: new Date(Date.now() - 61_000) } });

    expect(await verify({ ...sent, device })).toMatchObject({ status: 410 });
  });

  test('creates one account and one session for concurrent duplicates', async () => {
    const device = aDevice();
    const sent = await sendOtp(aPhoneNumber(), device);

    const answers = await Promise.all(Array.from({ length: 5 }, () => verify({ ...sent, device })));

    const good = answers.filter(({ status }) => status === 201);
    expect(good.length).toBeGreaterThan(0);
    expect(new Set(good.map(({ body }) => (body['session'] as { id: string }).id)).size).toBe(1);
    expect(await admin.user.count({ where: { phoneNumber: sent.phoneNumber } })).toBe(1);
    // A duplicate that was rejected succeeds when it is repeated.
    expect(await verify({ ...sent, device })).toMatchObject({ status: 201 });
  });

  test('creates one account with two sessions for concurrent requests of two devices', async () => {
    const phoneNumber = aPhoneNumber();
    const devices = [aDevice(), aDevice()];
    const sent = [await sendOtp(phoneNumber, devices[0]!), await sendOtp(phoneNumber, devices[1]!)];

    const answers = await Promise.all(sent.map((one, i) => verify({ ...one, device: devices[i] })));

    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200, 201]));
    expect(await admin.session.count({ where: { user: { phoneNumber }, revokedAt: null } })).toBe(
      2,
    );
  });
});

describe('POST /auth/login', () => {
  test('signs in to the existing account and creates none', async () => {
    const phoneNumber = aPhoneNumber();
    const { user } = await signIn(phoneNumber);
    const device = aDevice();

    const { status, body } = await call(authRest.login, {
      ...(await sendOtp(phoneNumber, device)),
      device,
    });

    expect({ status, isNewUser: body.isNewUser, id: body.user.id }).toEqual({
      status: 200,
      isNewUser: false,
      id: user.id,
    });
  });

  test('reports a missing account only after the proof, which can then be used to sign up', async () => {
    const device = aDevice();
    const sent = await sendOtp(aPhoneNumber(), device);
    const guess = { ...sent, code: wrongFor(sent.code), device };
    expect(problemOf(await call(authRest.login, guess))).toMatchObject({ code: 'otp_invalid' });

    const proven = await call(authRest.login, { ...sent, device });

    expect(problemOf(proven)).toMatchObject({ status: 404, code: 'user_not_found' });
    expect(await verify({ ...sent, device })).toMatchObject({ status: 201 });
  });
});
