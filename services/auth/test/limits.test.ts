import { randomInt, randomUUID } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { authRest } from '@taar/contracts';
import { createCall } from '@taar/testing/call';
import { aPhoneNumber } from '@taar/testing/factories';
import { codesOf } from './firebase.ts';
import { startTcpProxy } from './proxy.ts';
import { aDevice, problemOf, startAuth } from './start.ts';

const { url, startNode, admin, settings } = await startAuth();
const strict = { RATE_LIMIT_FACTOR: '1' };

const ask = (
  at: string,
  phoneNumber: string,
  appVerification = {},
  { deviceId, platform } = aDevice(),
) =>
  createCall(at)(authRest.sendOtp, {
    phoneNumber,
    device: { deviceId, platform },
    appVerification,
  });
const askFrom = async (at: string, forwardedFor: string, phoneNumber = aPhoneNumber()) => {
  const { deviceId, platform } = aDevice();
  const answer = await fetch(`${at}/auth/send-otp`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', 'X-Forwarded-For': forwardedFor },
    body: JSON.stringify({ phoneNumber, device: { deviceId, platform } }),
  });
  return { status: answer.status, retryAfter: answer.headers.get('retry-after') };
};
/** Adds codes that were sent to a number some minutes ago. */
const sentBefore = async (phoneNumber: string, times: number, minutesAgo: number) => {
  const { body } = await ask(url, phoneNumber);
  const where = { id: body.verificationId };
  const createdAt = new Date(Date.now() - minutesAgo * 60_000);
  const row = await admin.otpRequest.update({ where, data: { createdAt } });
  const { phoneHash, prefix, provider, expiresAt } = row;
  await admin.otpRequest.createMany({
    data: Array.from({ length: times - 1 }, () => ({
      phoneHash,
      prefix,
      provider,
      expiresAt,
      createdAt,
      deviceId: randomUUID(),
    })),
  });
};

test('requests that are not valid spend no budget of their address', async () => {
  const node = await startNode(strict);
  for (let i = 0; i < 12; i++)
    expect((await fetch(`${node.url}/auth/send-otp`, { method: 'POST' })).status).toBe(400);
  expect((await ask(node.url, aPhoneNumber())).status).toBe(202);
});

describe('quotas of codes', () => {
  test('allow a number five codes an hour and ten a day', async () => {
    const node = await startNode(strict);
    const [hourly, daily] = [aPhoneNumber(), aPhoneNumber()];
    await sentBefore(hourly, 5, 40);
    await sentBefore(daily, 10, 120);

    const refused = await ask(node.url, hourly);

    expect(problemOf(refused)).toMatchObject({ status: 429, code: 'rate_limited' });
    expect(Number(refused.headers['retry-after'])).toBeLessThanOrEqual(20 * 60);
    expect(problemOf(await ask(node.url, daily))).toMatchObject({ code: 'rate_limited' });
  });

  test('limit an address, however many numbers it asks for', async () => {
    const node = await startNode({
      ...strict,
      REDIS_PREFIX: `${settings['REDIS_PREFIX']}:one-address`,
    });
    const answers = [];
    for (let i = 0; i < 12; i++) answers.push((await ask(node.url, aPhoneNumber())).status);

    expect(answers.filter((status) => status === 202)).toHaveLength(10);
    expect(answers.at(-1)).toBe(429);
  });

  test('ignore a forged X-Forwarded-For', async () => {
    const node = await startNode({
      ...strict,
      TRUST_PROXY_HOPS: '1',
      REDIS_PREFIX: `${settings['REDIS_PREFIX']}:forged-address`,
    });
    const answers = [];
    for (let i = 0; i < 12; i++)
      answers.push(await askFrom(node.url, `${randomInt(1, 200)}.1.2.3, 203.0.113.9`));

    expect(answers.at(-1)).toMatchObject({ status: 429, retryAfter: expect.any(String) });
  });

  test('count all addresses of one network together', async () => {
    const node = await startNode({
      ...strict,
      TRUST_PROXY_HOPS: '1',
      OTP_PER_NETWORK_PER_HOUR: '3',
    });
    const answers = [];
    for (let host = 1; host <= 5; host++)
      answers.push(await askFrom(node.url, `198.51.100.${host}`));
    for (let host = 1; host <= 5; host++)
      answers.push(await askFrom(node.url, `2001:db8:0:7::${host}`));

    const oneNetwork = [202, 202, 202, 429, 429];
    expect(answers.map(({ status }) => status)).toEqual([...oneNetwork, ...oneNetwork]);
  });

  test('are supported by the limit of the operation, which counts larger networks', async () => {
    const node = await startNode({
      ...strict,
      TRUST_PROXY_HOPS: '1',
      OTP_PER_NETWORK_PER_HOUR: '1000',
      REDIS_PREFIX: `${settings['REDIS_PREFIX']}:many-networks`,
    });
    const statuses = [];
    for (let host = 1; host <= 12; host++)
      statuses.push((await askFrom(node.url, `2001:db8:0:${host}::1`)).status);

    expect(statuses.filter((status) => status === 202)).toHaveLength(10);
  });

  test('allow one code to concurrent requests for one number', async () => {
    const node = await startNode(strict);
    const phoneNumber = aPhoneNumber();

    const answers = await Promise.all(Array.from({ length: 6 }, () => ask(node.url, phoneNumber)));

    expect(answers.filter(({ status }) => status === 202)).toHaveLength(1);
    expect(await codesOf(phoneNumber)).toHaveLength(1);
  });

  test('hold without Redis, so that users can sign in', async () => {
    const proxy = await startTcpProxy(settings['REDIS_URL']!);
    const node = await startNode({ ...strict, REDIS_URL: proxy.url });
    const phoneNumber = aPhoneNumber();
    await proxy.cut();

    const sent = await ask(node.url, phoneNumber);
    const refused = await ask(node.url, phoneNumber);

    expect(sent.status).toBe(202);
    expect(await codesOf(phoneNumber)).toHaveLength(1);
    expect(problemOf(refused)).toMatchObject({ status: 429, code: 'otp_resend_too_soon' });
  });

  test('allow no code without the database', async () => {
    const target = new URL(settings['DATABASE_URL']!);
    const proxy = await startTcpProxy(target.href);
    target.port = new URL(proxy.url).port;
    const node = await startNode({ DATABASE_URL: target.href });
    const phoneNumber = aPhoneNumber();
    await proxy.cut();

    const refused = await ask(node.url, phoneNumber);

    expect(problemOf(refused)).toMatchObject({ status: 503, code: 'dependency_unavailable' });
    expect(await codesOf(phoneNumber)).toEqual([]);
  });
});
