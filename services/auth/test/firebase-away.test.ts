import { once } from 'node:events';
import { type RequestListener, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, test } from '@jest/globals';
import { authRest } from '@taar/contracts';
import { atEnd } from '@taar/testing/at-end';
import { createCall } from '@taar/testing/call';
import { aPhoneNumber } from '@taar/testing/factories';
import { config } from '../src/config.ts';
import { aDevice, problemOf, startAuth } from './start.ts';

const { startNode, admin, signIn, settings } = await startAuth();

const startFirebase = async (answer: RequestListener) => {
  const server = createServer(answer).listen(0, '127.0.0.1');
  await once(server, 'listening');
  atEnd(() => {
    server.close();
    server.closeAllConnections();
  });
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
};
/** An address that refuses connections. */
const deadHost = async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await once(server.close(), 'close');
  return `127.0.0.1:${port}`;
};
const ask = (at: string, phoneNumber = aPhoneNumber()) =>
  createCall(at)(authRest.sendOtp, {
    phoneNumber,
    device: { deviceId: aDevice().deviceId, platform: 'ios' },
  });

describe('when Firebase is away', () => {
  test('only codes and proofs fail; sessions and refreshes work', async () => {
    const { url } = await startNode({ FIREBASE_AUTH_EMULATOR_HOST: await deadHost() });
    const { tokens, session } = await signIn();
    const sentBefore = await admin.otpRequest.count();

    expect(problemOf(await ask(url))).toMatchObject({
      status: 503,
      code: 'dependency_unavailable',
    });

    const mine = createCall(url, async () => tokens.accessToken);
    expect((await mine(authRest.listSessions, {})).status).toBe(200);
    const { refreshToken } = tokens;
    const { deviceId } = session;
    expect((await mine(authRest.refresh, { refreshToken, deviceId })).status).toBe(200);
    // A code that was not sent counts in no quota.
    expect(await admin.otpRequest.count()).toBe(sentBefore);
  });

  test('a code that could not be checked costs no attempt', async () => {
    const host = await startFirebase((req, res) => {
      if (req.url!.includes('sendVerificationCode')) res.end(JSON.stringify({ sessionInfo: 'x' }));
      else res.writeHead(503).end();
    });
    const { url } = await startNode({ FIREBASE_AUTH_EMULATOR_HOST: host });
    const [phoneNumber, device] = [aPhoneNumber(), aDevice()];
    const { deviceId, platform } = device;
    const call = createCall(url);
    const sent = await call(authRest.sendOtp, { phoneNumber, device: { deviceId, platform } });
    const { verificationId } = sent.body;

    const proof = { verificationId, phoneNumber, code: '123456', device };
    expect(problemOf(await call(authRest.verifyOtp, proof))).toMatchObject({ status: 503 });

    const row = await admin.otpRequest.findUniqueOrThrow({ where: { id: verificationId } });
    expect(row.attempts).toBe(0);
  });

  test('a code counts in the quotas when Firebase did not answer in time', async () => {
    let asked = 0;
    const host = await startFirebase(() => (asked += 1));
    const { url } = await startNode({
      FIREBASE_AUTH_EMULATOR_HOST: host,
      FIREBASE_DEADLINE_MS: '100',
      RATE_LIMIT_FACTOR: '1',
    });
    const phoneNumber = aPhoneNumber();

    expect(problemOf(await ask(url, phoneNumber))).toMatchObject({ status: 503 });
    expect(problemOf(await ask(url, phoneNumber))).toMatchObject({ code: 'otp_resend_too_soon' });

    expect(asked).toBe(1);
  });

  test.each<[string, RequestListener]>([
    ['the connection broke', (req) => req.socket.destroy()],
    ['the answer was cut off', (_req, res) => res.write('{"sess', () => res.destroy())],
    ['the answer is not JSON', (_req, res) => res.end('<html>')],
  ])('a code counts in the quotas when %s', async (_how, answer) => {
    const host = await startFirebase(answer);
    const { url } = await startNode({ FIREBASE_AUTH_EMULATOR_HOST: host, RATE_LIMIT_FACTOR: '1' });
    const sentBefore = await admin.otpRequest.count();

    expect(problemOf(await ask(url))).toMatchObject({ status: 503 });

    expect(await admin.otpRequest.count()).toBe(sentBefore + 1);
  });

  test('a code that an overloaded Firebase did not check costs no attempt', async () => {
    const host = await startFirebase((req, res) => {
      if (req.url!.includes('sendVerificationCode')) res.end(JSON.stringify({ sessionInfo: 'x' }));
      else
        res
          .writeHead(400)
          .end(JSON.stringify({ error: { message: 'TOO_MANY_ATTEMPTS_TRY_LATER' } }));
    });
    const { url } = await startNode({ FIREBASE_AUTH_EMULATOR_HOST: host });
    const [phoneNumber, device] = [aPhoneNumber(), aDevice()];
    const { deviceId, platform } = device;
    const call = createCall(url);
    const sent = await call(authRest.sendOtp, { phoneNumber, device: { deviceId, platform } });
    const { verificationId } = sent.body;

    const proof = { verificationId, phoneNumber, code: '123456', device };
    expect(problemOf(await call(authRest.verifyOtp, proof))).toMatchObject({
      status: 503,
      code: 'dependency_unavailable',
    });

    const row = await admin.otpRequest.findUniqueOrThrow({ where: { id: verificationId } });
    expect(row.attempts).toBe(0);
  });

  test('no field of a request can look like an outage', async () => {
    const host = await startFirebase((_req, res) => {
      res.end(JSON.stringify({ sessionInfo: 'x' }));
    });
    const { url } = await startNode({ FIREBASE_AUTH_EMULATOR_HOST: host });
    const send = async (fields: object) => {
      const { deviceId } = aDevice();
      const answer = await fetch(`${url}/auth/send-otp`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify({
          phoneNumber: aPhoneNumber(),
          device: { deviceId, platform: 'ios' },
          ...fields,
        }),
      });
      return answer.status;
    };

    for (const odd of ['हिन्दी', 'en\r\nX-Evil: 1', '\n']) {
      expect(await send({ locale: odd })).toBe(202);
      expect(await send({ appVerification: { iosBundleId: odd } })).toBe(400);
    }
    for (let i = 0; i < 3; i++) expect(await send({ locale: 'हिन्दी' })).toBe(202);
  });

  test('a slow Firebase is not asked after five failures until a probe succeeds', async () => {
    let asked = 0;
    let slow = true;
    const host = await startFirebase((_req, res) => {
      asked += 1;
      if (!slow) res.end(JSON.stringify({ sessionInfo: 'x' }));
    });
    const { url } = await startNode({
      FIREBASE_AUTH_EMULATOR_HOST: host,
      FIREBASE_DEADLINE_MS: '100',
      FIREBASE_PROBE_MS: '1000',
    });

    const statuses = [];
    for (let i = 0; i < 8; i++) statuses.push((await ask(url)).status);
    expect(statuses).toEqual(Array(8).fill(503));
    expect(asked).toBe(5);

    slow = false;
    let status = 503;
    while (status === 503) ({ status } = await ask(url));
    expect(status).toBe(202);
  });
});

describe('a rejection by Firebase', () => {
  test.each([
    ['MISSING_CLIENT_IDENTIFIER', { code: 'app_verification_required' }],
    ['INVALID_RECAPTCHA_TOKEN', { code: 'app_verification_failed' }],
    ['INVALID_APP_CREDENTIAL : bad', { code: 'app_verification_failed' }],
    ['QUOTA_EXCEEDED : SMS', { code: 'sms_provider_rejected', permanent: false }],
    ['OPERATION_NOT_ALLOWED : region', { code: 'sms_provider_rejected', permanent: true }],
    ['INVALID_PHONE_NUMBER', { code: 'validation_failed' }],
  ])('%s is translated to an error of the contract', async (message, problem) => {
    const host = await startFirebase((_req, res) => {
      res.writeHead(400).end(JSON.stringify({ error: { message } }));
    });
    const { url } = await startNode({ FIREBASE_AUTH_EMULATOR_HOST: host });

    expect(problemOf(await ask(url))).toMatchObject(problem);
  });
});

describe('a proof of the app', () => {
  test('is passed on to Firebase without a weak one, if it is strong', async () => {
    let body = '';
    const host = await startFirebase((req, res) => {
      req.on('data', (chunk: Buffer) => (body += chunk.toString()));
      req.on('end', () => res.end(JSON.stringify({ sessionInfo: 'x' })));
    });
    const { url } = await startNode({ FIREBASE_AUTH_EMULATOR_HOST: host });
    const phoneNumber = aPhoneNumber();
    const { deviceId, platform } = aDevice();

    await createCall(url)(authRest.sendOtp, {
      phoneNumber,
      device: { deviceId, platform },
      appVerification: { playIntegrityToken: 'made up', recaptchaToken: 'genuine' },
    });

    expect(JSON.parse(body)).toEqual({ phoneNumber, playIntegrityToken: 'made up' });
  });

  test('is passed on to Firebase with the locale', async () => {
    let body = '';
    let locale: unknown;
    const host = await startFirebase((req, res) => {
      locale = req.headers['x-firebase-locale'];
      req.on('data', (chunk: Buffer) => (body += chunk.toString()));
      req.on('end', () => res.end(JSON.stringify({ sessionInfo: 'x' })));
    });
    const { url } = await startNode({ FIREBASE_AUTH_EMULATOR_HOST: host });
    const phoneNumber = aPhoneNumber();
    const { deviceId, platform } = aDevice();

    await createCall(url)(authRest.sendOtp, {
      phoneNumber,
      locale: 'hi-IN',
      device: { deviceId, platform },
      appVerification: { playIntegrityToken: 'genuine' },
    });

    expect(JSON.parse(body)).toEqual({ phoneNumber, playIntegrityToken: 'genuine' });
    expect(locale).toBe('hi-IN');
  });
});

test('production does not start with an emulator, whose tokens are unsigned', () => {
  expect(() => config({ ...settings, NODE_ENV: 'production' })).toThrow(/EMULATOR/);
});
