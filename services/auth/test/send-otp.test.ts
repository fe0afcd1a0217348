import { describe, expect, test } from '@jest/globals';
import { authRest } from '@taar/contracts';
import { aPhoneNumber } from '@taar/testing/factories';
import { codeOf, codesOf, wrongFor } from './firebase.ts';
import { aDevice, problemOf, startAuth } from './start.ts';

const { call, admin, signIn } = await startAuth();

const ask = (phoneNumber: string, { deviceId, platform } = aDevice()) =>
  call(authRest.sendOtp, { phoneNumber, device: { deviceId, platform } });

describe('POST /auth/send-otp', () => {
  test('gives the same answer for a number with an account as for one without', async () => {
    const known = aPhoneNumber();
    await signIn(known);

    const [forKnown, forUnknown] = [await ask(known), await ask(aPhoneNumber())];

    expect(forKnown.status).toBe(202);
    expect(forUnknown.status).toBe(forKnown.status);
    const neutral = { verificationId: expect.any(String), expiresAt: expect.any(String) };
    expect(forUnknown.body).toEqual({ ...forKnown.body, ...neutral });
  });

  test('reads no account, nor does a wrong code, so that no duration reveals one', async () => {
    const [phoneNumber, device] = [aPhoneNumber(), aDevice()];
    await signIn(phoneNumber);

    await admin.$transaction(async (tx) => {
      await tx.$executeRaw`LOCK TABLE users, user_state, user_pins, sessions IN ACCESS EXCLUSIVE MODE`;
      const { status, body } = await ask(phoneNumber, device);
      expect(status).toBe(202);
      const { verificationId } = body;
      const guess = wrongFor(await codeOf(phoneNumber));
      const proof = { verificationId, phoneNumber, code: guess, device };
      expect(problemOf(await call(authRest.verifyOtp, proof))).toMatchObject({
        code: 'otp_invalid',
      });
    });
  });

  test.each([
    ['a fixed line', '+912225551234'],
    ['a premium number', '+19005551234'],
    ['a number of no country', '+8831234567890'],
    ['an unallocated number', '+15551234567'],
  ])('rejects %s and sends no code', async (_what, phoneNumber) => {
    const refused = await ask(phoneNumber);

    expect(problemOf(refused)).toMatchObject({ status: 400, code: 'validation_failed' });
    expect(await codesOf(phoneNumber)).toEqual([]);
  });

  test('sends one code to a device that asks twice, and returns its id again', async () => {
    const [phoneNumber, device] = [aPhoneNumber(), aDevice()];
    const first = await ask(phoneNumber, device);

    const second = await ask(phoneNumber, device);

    const { verificationId } = first.body;
    expect(problemOf(second)).toMatchObject({ code: 'otp_resend_too_soon', verificationId });
    expect(Number(second.headers['retry-after'])).toBeGreaterThan(0);
    expect(await codesOf(phoneNumber)).toHaveLength(1);
  });

  test('stores the number as a keyed hash, and the session of the provider encrypted', async () => {
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
