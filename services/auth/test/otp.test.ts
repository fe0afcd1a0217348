import { randomUUID } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { authRest } from '@taar/contracts';
import { aPhoneNumber } from '@taar/testing/factories';
import { codeOf, codesOf, wrongFor } from './firebase.ts';
import { aDevice, problemOf, startAuth } from './start.ts';

const { url, call, admin, sendOtp, signIn } = await startAuth();

const ask = (phoneNumber: string, { deviceId, platform } = aDevice()) =>
  call(authRest.sendOtp, { phoneNumber, device: { deviceId, platform } });
const verify = async (body: object) => {
  const answer = await fetch(`${url}/auth/verify-otp`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  });
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
};

describe('POST /auth/send-otp', () => {
  test('T-A5 answers a number that has an account exactly as one that has none', async () => {
    const known = aPhoneNumber();
    await signIn(known);

    const [forKnown, forUnknown] = [await ask(known), await ask(aPhoneNumber())];

    expect(forKnown.status).toBe(202);
    expect(forUnknown.status).toBe(forKnown.status);
    const neutral = { verificationId: expect.any(String), expiresAt: expect.any(String) };
    expect(forUnknown.body).toEqual({ ...forKnown.body, ...neutral });
  });

  test('T-A5 does not look at accounts at all, nor does a wrong code: nothing can show in the time', async () => {
    const [phoneNumber, device] = [aPhoneNumber(), aDevice()];
    await signIn(phoneNumber);

    await admin.$transaction(async (tx) => {
      await tx.$executeRaw`LOCK TABLE users, user_state, user_pins, sessions IN ACCESS EXCLUSIVE MODE`;
      const { status, body } = await ask(phoneNumber, device);
      expect(status).toBe(202);
      const { verificationId } = body;
      const guess = wrongFor(await codeOf(phoneNumber));
      expect(await verify({ verificationId, phoneNumber, code: guess, device })).toMatchObject({
        body: { code: 'otp_invalid' },
      });
    });
  });

  test.each([
    ['a fixed line', '+912225551234'],
    ['a premium number', '+19005551234'],
    ['a number that no country has', '+8831234567890'],
    ['a number that is not allocated', '+15551234567'],
  ])('H47 refuses %s and sends nothing', async (_what, phoneNumber) => {
    const refused = await ask(phoneNumber);

    expect(problemOf(refused)).toMatchObject({ status: 400, code: 'validation_failed' });
    expect(await codesOf(phoneNumber)).toEqual([]);
  });

  test('H48 asked twice by one device, sends one code and names it again', async () => {
    const [phoneNumber, device] = [aPhoneNumber(), aDevice()];
    const first = await ask(phoneNumber, device);

    const second = await ask(phoneNumber, device);

    const { verificationId } = first.body;
    expect(problemOf(second)).toMatchObject({ code: 'otp_resend_too_soon', verificationId });
    expect(Number(second.headers['retry-after'])).toBeGreaterThan(0);
    expect(await codesOf(phoneNumber)).toHaveLength(1);
  });

  test('keeps of a number only a keyed hash, and of the provider session only a cipher', async () => {
    const phoneNumber = aPhoneNumber();
    const { body } = await ask(phoneNumber);

    const row = await admin.otpRequest.findUniqueOrThrow({ where: { id: body.verificationId } });

    expect(row.phoneHash).toHaveLength(32);
    const stored = JSON.stringify({
      ...row,
      cipher: Buffer.from(row.providerSessionCipher!).toString(),
    });
    expect(stored).not.toContain(phoneNumber.slice(1));
    expect(row.ip).toBe('127.0.0.0/24');
  });
});

describe('POST /auth/verify-otp', () => {
  test('T-A4 H51 after five wrong codes refuses the right one', async () => {
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

  test('counts every one of wrong codes that race', async () => {
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
    ['in other digits', '١٢٣٤٥٦'],
    ['that is too short', '12345'],
  ])('H52 refuses a code %s', async (_what, code) => {
    const body = {
      verificationId: randomUUID(),
      phoneNumber: aPhoneNumber(),
      code,
      device: aDevice(),
    };

    expect(await verify(body)).toMatchObject({ status: 400, body: { code: 'validation_failed' } });
  });

  test('takes a wrong number for a wrong code', async () => {
    const device = aDevice();
    const sent = await sendOtp(aPhoneNumber(), device);

    const answer = await verify({ ...sent, phoneNumber: aPhoneNumber(), device });

    expect(answer.body).toMatchObject({ code: 'otp_invalid', attemptsRemaining: 4 });
  });

  test('takes a code only from the device that asked for it', async () => {
    const sent = await sendOtp(aPhoneNumber(), aDevice());

    expect(await verify({ ...sent, device: aDevice() })).toMatchObject({
      status: 409,
      body: { code: 'conflict' },
    });
  });

  test('T-A4 refuses a code that has expired', async () => {
    const device = aDevice();
    const sent = await sendOtp(aPhoneNumber(), device);
    const where = { id: sent.verificationId };
    await admin.otpRequest.update({ where, data: { expiresAt: new Date(Date.now() - 1) } });

    expect(await verify({ ...sent, device })).toMatchObject({ status: 410 });
    const unknown = { ...sent, verificationId: randomUUID() };
    expect(await verify({ ...unknown, device })).toMatchObject({ status: 410 });
  });

  test('repeated after a lost answer, gives the same session', async () => {
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

  test('T-A4 a minute later refuses what was used', async () => {
    const device = aDevice();
    const sent = await sendOtp(aPhoneNumber(), device);
    await verify({ ...sent, device });
    const where = { id: sent.verificationId };
    await admin.otpRequest.update({ where, data: { consumedAt: new Date(Date.now() - 61_000) } });

    expect(await verify({ ...sent, device })).toMatchObject({ status: 410 });
  });

  test('sent ten times at once, makes one account and one session', async () => {
    const device = aDevice();
    const sent = await sendOtp(aPhoneNumber(), device);

    const answers = await Promise.all(Array.from({ length: 5 }, () => verify({ ...sent, device })));

    const good = answers.filter(({ status }) => status === 201);
    expect(good.length).toBeGreaterThan(0);
    expect(new Set(good.map(({ body }) => (body['session'] as { id: string }).id)).size).toBe(1);
    expect(await admin.user.count({ where: { phoneNumber: sent.phoneNumber } })).toBe(1);
    // Whoever was turned away meanwhile has only to ask once more.
    expect(await verify({ ...sent, device })).toMatchObject({ status: 201 });
  });

  test('from two devices at once, makes one account with a session for each', async () => {
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
  test('signs in to the account that is there and makes none', async () => {
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

  test('tells that there is no account only after the proof, which then serves to sign up', async () => {
    const device = aDevice();
    const sent = await sendOtp(aPhoneNumber(), device);
    const guess = { ...sent, code: wrongFor(sent.code), device };
    expect(problemOf(await call(authRest.login, guess))).toMatchObject({ code: 'otp_invalid' });

    const proven = await call(authRest.login, { ...sent, device });

    expect(problemOf(proven)).toMatchObject({ status: 404, code: 'user_not_found' });
    expect(await verify({ ...sent, device })).toMatchObject({ status: 201 });
  });
});
