import { connect } from 'node:net';
import { expect, test } from '@jest/globals';
import { authRest } from '@taar/contracts';
import { createCall } from '@taar/testing/call';
import { aPhoneNumber } from '@taar/testing/factories';
import { aDevice, startAuth } from './start.ts';

const { url, call, admin, sendOtp, signIn } = await startAuth();
const { hostname, port } = new URL(url);

/**
 * Where the connection breaks: after bytes of the request, after a time, or after bytes of the
 * response.
 */
type Break = { sent: number } | { afterMs: number } | { read: number };

const requestOf = (path: string, body: object) => {
  const text = JSON.stringify(body);
  const head = [`POST ${path} HTTP/1.1`, 'Host: taar', 'Content-Type: application/json'];
  return [...head, `Content-Length: ${Buffer.byteLength(text)}`, '', text].join('\r\n');
};

/** Sends a request and breaks the connection before the whole response has arrived. */
const requestAndBreak = (path: string, body: object, how: Break) =>
  new Promise<void>((resolve) => {
    const request = requestOf(path, body);
    const socket = connect(Number(port), hostname);
    const breakConnection = () => void socket.resetAndDestroy();
    socket.on('close', () => resolve()).on('error', () => undefined);
    socket.on('connect', () => {
      socket.write('sent' in how ? request.slice(0, how.sent) : request, () => {
        if ('sent' in how) breakConnection();
        else if ('afterMs' in how) setTimeout(breakConnection, how.afterMs);
      });
    });
    let read = 0;
    socket.on('data', (chunk: Buffer) => {
      read += chunk.length;
      if ('read' in how && read >= how.read) breakConnection();
    });
  });

const everywhere: Break[] = [
  ...[1, 60, 140, 240, 300].map((sent) => ({ sent })),
  ...Array.from({ length: 14 }, (_, i) => ({ afterMs: 2 * i })),
  ...[1, 400, 1_200].map((read) => ({ read })),
];

test('a sign-in whose connection breaks at any point can be repeated and opens one session', async () => {
  for (const how of everywhere) {
    const device = aDevice();
    const proof = { ...(await sendOtp(aPhoneNumber(), device)), device };

    await requestAndBreak('/auth/verify-otp', proof, how);
    const { status, body } = await call(authRest.verifyOtp, proof);

    expect({ how, status }).toEqual({ how, status: 201 });
    expect(body.isNewUser).toBe(true);
    expect(await admin.session.count({ where: { deviceId: device.deviceId } })).toBe(1);
  }
});

test('a session whose refreshes break at any point can still be refreshed', async () => {
  const { session, ...signedIn } = await signIn();
  const { deviceId } = session;
  let { tokens } = signedIn;
  for (const how of [...everywhere, ...everywhere]) {
    const { refreshToken } = tokens;

    const attempts = [how, { afterMs: 5 }, how];
    await Promise.all(
      attempts.map((one) => requestAndBreak('/auth/refresh', { refreshToken, deviceId }, one)),
    );
    const { status, body } = await call(authRest.refresh, { refreshToken, deviceId });

    expect({ how, status }).toEqual({ how, status: 200 });
    ({ tokens } = body);
    const mine = createCall(url, async () => tokens.accessToken);
    expect((await mine(authRest.listSessions, {})).status).toBe(200);
  }
});
