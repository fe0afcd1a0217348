import { describe, expect, test } from '@jest/globals';
import { authRest } from '@taar/contracts';
import { createAccountSteps, rightPin } from './account-steps.ts';
import { aDevice, problemOf, startAuth } from './start.ts';

const auth = await startAuth();
const { call, admin, sendOtp, signIn, holding } = auth;
const { verify, signUpWithPin } = createAccountSteps(auth);

describe('a PIN', () => {
  test('is required from a caller who has only the number', async () => {
    const { me, phoneNumber } = await signUpWithPin();

    const { answer, again } = await verify(phoneNumber);

    expect(problemOf(answer)).toMatchObject({ code: 'pin_required', canStartAnew: false });
    expect(problemOf(await again(null))).toMatchObject({ code: 'pin_required' });
    expect((await again(rightPin)).body.user.id).toBe(me.user.id);
  });

  test('allows five tries, also concurrent ones, and then locks out the correct PIN too', async () => {
    const { phoneNumber } = await signUpWithPin();
    const { again } = await verify(phoneNumber);
    const guesses = ['1111', '2222', '3333', '4444', '5555', '6666', '7777', '8888'];

    const answers = await Promise.all(guesses.map((pin) => again(pin)));

    const codes = answers.map((answer) => problemOf(answer)['code']);
    // A busy machine answers some of the concurrent ones with 503, which counts no try.
    while (codes.at(-1) !== 'pin_attempts_exceeded')
      codes.push(problemOf(await again('9999'))['code']);
    expect(codes.filter((code) => code === 'pin_invalid').length).toBeLessThanOrEqual(5);
    const locked = await again(rightPin);
    expect(problemOf(locked)).toMatchObject({ status: 429, code: 'pin_attempts_exceeded' });
    expect(Number(locked.headers['retry-after'])).toBeGreaterThan(3_600);
  });

  test('and a code are accepted in digits of every script', async () => {
    const inBengali = (text: string) =>
      text.replaceAll(/\d/g, (digit) => String.fromCodePoint(0x9e6 + Number(digit)));
    const { me, phoneNumber } = await signUpWithPin();
    const device = aDevice();
    const { code, ...sent } = await sendOtp(phoneNumber, device);

    const answer = await call(authRest.login, {
      ...sent,
      device,
      code: `\u2066${inBengali(code)}\u2069`,
      pin: inBengali(rightPin),
    });

    expect(answer).toMatchObject({ status: 200, body: { user: { id: me.user.id } } });
  });

  test('that is wrong in concurrent requests leaves the proof of the number live', async () => {
    const { phoneNumber } = await signUpWithPin();
    const { again } = await verify(phoneNumber);

    const answers = await Promise.all(Array.from({ length: 20 }, () => again('0000')));

    const codes = answers.map((answer) => problemOf(answer)['code']);
    expect(codes).not.toContain('otp_expired');
  });

  test('allows all tries again after the lock, or after the correct PIN', async () => {
    const { me, phoneNumber } = await signUpWithPin();
    const { again } = await verify(phoneNumber);
    const where = { userId: me.user.id };
    await admin.userPin.update({ where, data: { tries: 5, lockedUntil: new Date(0) } });

    expect(problemOf(await again('0000'))).toMatchObject({ attemptsRemaining: 4 });
    expect((await again(rightPin)).status).toBe(200);
    expect(await admin.userPin.findUnique({ where })).toMatchObject({
      tries: 0,
      lockedUntil: null,
    });
  });

  test('is changed and removed only with the current PIN', async () => {
    const { me } = await signUpWithPin();
    const put = (body: { pin: string | null; currentPin?: string }) =>
      holding(me)(authRest.updatePin, body);

    expect(problemOf(await put({ pin: null }))).toMatchObject({ code: 'pin_required' });
    expect(problemOf(await put({ pin: null, currentPin: '0000' }))).toMatchObject({
      code: 'pin_invalid',
    });
    expect((await put({ pin: '24680', currentPin: rightPin })).status).toBe(204);
    expect((await put({ pin: null, currentPin: '24680' })).status).toBe(204);
    expect(await admin.userPin.count({ where: { userId: me.user.id } })).toBe(0);
  });

  test('set by concurrent requests, is that of the first one', async () => {
    const me = await signIn();
    const put = (pin: string) => holding(me)(authRest.updatePin, { pin });

    const statuses = (await Promise.all(['1111', '2222', '3333'].map(put))).map((a) => a.status);

    expect(statuses.filter((status) => status === 204)).toHaveLength(1);
  });

  test('is stored as a salted hash', async () => {
    const rows = await Promise.all([signUpWithPin(), signUpWithPin()]);
    const hashes = await Promise.all(
      rows.map(({ me }) => admin.userPin.findUniqueOrThrow({ where: { userId: me.user.id } })),
    );

    expect(hashes[0]!.hash).not.toBe(hashes[1]!.hash);
    expect(hashes[0]!.hash).not.toContain(rightPin);
  });
});
