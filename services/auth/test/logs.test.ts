import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { authRest } from '@taar/contracts';
import { atEnd } from '@taar/testing/at-end';
import { createCall } from '@taar/testing/call';
import { aPhoneNumber } from '@taar/testing/factories';
import { assertNodeVersion } from '@taar/testing/node-version';
import { codeOf, signInAtFirebase, wrongFor } from './firebase.ts';
import { aDevice, problemOf, startAuth } from './start.ts';

type Line = { message: string; port?: number; node?: string };

const { admin, settings } = await startAuth();

/** Starts the service as a process; `end` returns all lines that it wrote. */
const startProcess = async () => {
  const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));
  const env = { ...process.env, ...settings, LOG_LEVEL: 'debug', PORT: '0', PREFIX_MIN_SENT: '1' };
  const child = spawn(process.execPath, [main], { env, stdio: 'pipe' });
  const exited = once(child, 'exit');
  atEnd(() => child.kill('SIGKILL'));
  const lines: string[] = [];
  const listening = new Promise<Line>((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr])
      createInterface(stream).on('line', (text) => {
        lines.push(text);
        if (!text.includes('"listening"')) return;
        resolve(JSON.parse(text) as Line);
      });
    void exited.then(() => reject(new Error(lines.join('\n'))));
  });
  const end = async () => {
    child.kill('SIGTERM');
    await exited;
    return lines.join('\n');
  };
  const { port, node } = await listening;
  const url = `http://127.0.0.1:${port}`;
  while (!(await (await fetch(`${url}/ready`)).text()).includes('"ready"'))
    await new Promise((resolve) => setTimeout(resolve, 20));
  return { url, end, node };
};

test('a service process runs on the Node.js that this test run is for', async () => {
  const { node, end } = await startProcess();
  await end();
  expect(() => assertNodeVersion(String(node))).not.toThrow();
});

test('no phone number, code, PIN or token of a request or response is logged', async () => {
  const { url, end } = await startProcess();
  const call = createCall(url);
  const [phoneNumber, pumped] = [aPhoneNumber(), '+918886234567'];
  const device = aDevice({ pushToken: `push-${randomUUID()}`, model: 'Nokia' });
  const { deviceId, platform } = device;
  const ask = (to: string) =>
    call(authRest.sendOtp, { phoneNumber: to, device: { deviceId, platform } });
  await admin.otpPrefixStat.create({
    data: { prefix: '918886', bucket: new Date(), sent: 1_000, verified: 1 },
  });

  const { verificationId } = (await ask(phoneNumber)).body;
  expect(problemOf(await ask(pumped))).toMatchObject({ code: 'otp_region_throttled' });
  const code = await codeOf(phoneNumber);
  const [guess, pin] = [wrongFor(code), '864209'];
  const proof = { verificationId, phoneNumber, device };
  expect((await call(authRest.verifyOtp, { ...proof, code: guess })).status).toBe(401);
  const { tokens } = (await call(authRest.verifyOtp, { ...proof, code })).body;
  const mine = createCall(url, async () => tokens.accessToken);
  await mine(authRest.updatePin, { pin });
  await fetch(`${url}/auth/sessions?access_token=${tokens.accessToken}`);
  await fetch(`${url}/auth/refresh`, {
    method: 'POST',
    body: `{"refreshToken":"${tokens.refreshToken}`,
  });
  const { refreshToken } = tokens;
  const next = (await call(authRest.refresh, { refreshToken, deviceId })).body.tokens;
  await call(authRest.refresh, { refreshToken: next.refreshToken, deviceId });
  expect((await call(authRest.refresh, { refreshToken, deviceId })).status).toBe(401);
  const { idToken } = await signInAtFirebase(phoneNumber);
  await call(authRest.verifyOtp, { firebaseIdToken: idToken, device, pin });
  const log = await end();

  expect(log).toContain('"otpSent"');
  expect(log).toContain('"otpThrottled"');
  const secrets = [
    ...[phoneNumber, pumped].map((number) => number.slice(1)),
    idToken,
    device.pushToken!,
    ...[tokens, next].flatMap((pair) => [pair.accessToken, pair.refreshToken]),
  ];
  for (const secret of secrets) expect(log).not.toContain(secret);
  // As whole words only: longer numbers, such as times, may contain the same six digits.
  for (const digits of [code, guess, pin]) expect(log).not.toMatch(new RegExp(`\\b${digits}\\b`));
});
