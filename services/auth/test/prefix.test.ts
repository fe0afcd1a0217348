import { describe, expect, test } from '@jest/globals';
import { authRest } from '@taar/contracts';
import { createCall } from '@taar/testing/call';
import { aPhoneNumber } from '@taar/testing/factories';
import { codesOf } from './firebase.ts';
import { aDevice, problemOf, startAuth } from './start.ts';

const { url, startNode, admin, signIn } = await startAuth();

const ask = (at: string, phoneNumber: string, appVerification = {}) => {
  const { deviceId, platform } = aDevice();
  const device = { deviceId, platform };
  return createCall(at)(authRest.sendOtp, { phoneNumber, device, appVerification });
};

describe('a prefix', () => {
  const statOf = (prefix: string, sent: number, verified: number, costMicros = 0n) =>
    admin.otpPrefixStat.create({
      data: { prefix, bucket: new Date(Date.now() - 60_000), sent, verified, costMicros },
    });

  test('with 2 % verified codes gets no codes, while others do', async () => {
    const node = await startNode({ PREFIX_MIN_SENT: '1' });
    await statOf('918881', 1_000, 20);

    const refused = await ask(node.url, '+918881234567', { playIntegrityToken: 'genuine' });

    expect(problemOf(refused)).toMatchObject({ status: 429, code: 'otp_region_throttled' });
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
    expect(await codesOf('+918881234567')).toEqual([]);
    expect((await ask(node.url, aPhoneNumber())).status).toBe(202);
  });

  test('with 20 % verified codes needs a strong proof of the app', async () => {
    const node = await startNode({ PREFIX_MIN_SENT: '1' });
    await statOf('918882', 1_000, 200);

    const weak = await ask(node.url, '+918882234567', { recaptchaToken: 'weak' });

    expect(problemOf(weak)).toMatchObject({ status: 403, code: 'app_verification_required' });
    const strong = await ask(node.url, '+918882234567', { playIntegrityToken: 'genuine' });
    expect(strong.status).toBe(202);
  });

  test('that has spent its budget gets no codes, however many were verified', async () => {
    const node = await startNode({ SMS_PREFIX_BUDGET_MICROS: '10' });
    await statOf('918883', 10, 10, 1_000n);

    expect(problemOf(await ask(node.url, '+918883234567'))).toMatchObject({
      code: 'otp_region_throttled',
    });
  });

  test('gets no codes when the budget of the day is spent', async () => {
    const node = await startNode({ SMS_DAILY_BUDGET_MICROS: '10' });
    await statOf('918885', 10, 10, 10_000n);

    expect(problemOf(await ask(node.url, aPhoneNumber()))).toMatchObject({
      code: 'otp_region_throttled',
    });
  });

  test('has counts of sent and verified codes', async () => {
    await ask(url, '+918884234567');
    await signIn('+918884234568');

    const [stat] = await admin.otpPrefixStat.findMany({ where: { prefix: '918884' } });

    expect(stat).toMatchObject({ sent: 2, verified: 1, costMicros: 100_000n });
  });

  test('stays open to strong proofs while only requests without one fail', async () => {
    const node = await startNode({ PREFIX_MIN_SENT: '1' });
    await statOf('918886', 100, 0);

    const weak = await ask(node.url, '+918886234567');
    const strong = await ask(node.url, '+918886234567', { playIntegrityToken: 'genuine' });

    expect(problemOf(weak)).toMatchObject({ code: 'app_verification_required' });
    expect(strong.status).toBe(202);
  });

  test('gets no codes once codes with a strong proof are not verified either', async () => {
    const node = await startNode({ PREFIX_MIN_SENT: '1' });
    await statOf('918887', 200, 0);

    const strong = await ask(node.url, '+918887234567', { playIntegrityToken: 'genuine' });

    expect(problemOf(strong)).toMatchObject({ code: 'otp_region_throttled' });
  });

  test('needs a strong proof once half of its budget is spent', async () => {
    const node = await startNode({ SMS_PREFIX_BUDGET_MICROS: '10000' });
    await statOf('918888', 10, 10, 500_000n);

    const weak = await ask(node.url, '+918888234567');
    const strong = await ask(node.url, '+918888234567', { playIntegrityToken: 'genuine' });

    expect(problemOf(weak)).toMatchObject({ code: 'app_verification_required' });
    expect(strong.status).toBe(202);
  });

  test('does not exceed its budget with concurrent requests of many networks', async () => {
    const node = await startNode({ SMS_PREFIX_BUDGET_MICROS: '2500', TRUST_PROXY_HOPS: '1' });
    const askFrom = async (host: number) => {
      const { deviceId, platform } = aDevice();
      const { status } = await fetch(`${node.url}/auth/send-otp`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json', 'X-Forwarded-For': `203.0.${host}.1` },
        body: JSON.stringify({
          phoneNumber: `+9188892345${host}`,
          device: { deviceId, platform },
          appVerification: { playIntegrityToken: 'genuine' },
        }),
      });
      return status;
    };

    const statuses = await Promise.all(Array.from({ length: 40 }, (_, i) => askFrom(10 + i)));

    expect(statuses.filter((status) => status === 202)).toHaveLength(5);
    expect(await admin.otpRequest.count({ where: { prefix: '918889' } })).toBe(5);
  });
});
