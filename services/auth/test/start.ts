import { randomUUID } from 'node:crypto';
import { type Body, type Device, type Tokens, authRest } from '@taar/contracts';
import { listen } from '@taar/kit/lifecycle';
import { atEnd } from '@taar/testing/at-end';
import { createCall } from '@taar/testing/call';
import { envOf } from '@taar/testing/env';
import { aPhoneNumber } from '@taar/testing/factories';
import { createSurroundings } from '@taar/testing/surroundings';
import { createApp } from '../src/app.ts';
import { config } from '../src/config.ts';
import { generateKey } from '../src/keys.ts';
import { codeOf } from './firebase.ts';

type Env = Record<string, string>;
export type SignedIn = Body<typeof authRest.verifyOtp>;

/** The body of an error answer. */
export const problemOf = ({ body }: { body: unknown }) => body as Record<string, unknown>;

export const until = async (holds: () => Promise<boolean>) => {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 20));
};

export const aDevice = (fields: Partial<Device> = {}): Device => ({
  deviceId: randomUUID(),
  platform: 'android',
  ...fields,
});

/** Limits that fail closed refuse every request until Redis is connected. */
const untilReady = async (url: string) => {
  for (;;) {
    const { status } = (await (await fetch(`${url}/ready`)).json()) as { status: string };
    if (status === 'ready') return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
};

/** Starts an auth service for one test file. Also returns the steps of signing in. */
export const startAuth = async (overrides: Env = {}) => {
  const { env, admin, redis } = await createSurroundings('auth');
  const settings: Env = {
    ...env,
    RATE_LIMIT_FACTOR: '100',
    TOKEN_KEYS: JSON.stringify([generateKey(), generateKey()]),
    AUTH_SECRET: randomUUID(),
    FIREBASE_PROJECT: envOf('TEST_FIREBASE_PROJECT'),
    FIREBASE_API_KEY: 'local',
    FIREBASE_AUTH_EMULATOR_HOST: envOf('FIREBASE_AUTH_EMULATOR_HOST'),
    ...overrides,
  };
  const startNode = async (more: Env = {}) => {
    const app = createApp(config({ ...settings, ...more }));
    const url = `http://127.0.0.1:${await listen(app, 0, '127.0.0.1')}`;
    let closing: Promise<void> | undefined;
    const close = () => (closing ??= app.close());
    atEnd(close);
    await untilReady(url);
    return { url, close };
  };
  const { url, close } = await startNode();
  const call = createCall(url);

  const sendOtp = async (phoneNumber: string, device: Device) => {
    const { deviceId, platform } = device;
    const sent = await call(authRest.sendOtp, { phoneNumber, device: { deviceId, platform } });
    if (sent.status !== 202) throw new Error(`send-otp answered ${JSON.stringify(sent.body)}`);
    return {
      verificationId: sent.body.verificationId,
      code: await codeOf(phoneNumber),
      phoneNumber,
    };
  };
  const signIn = async (phoneNumber = aPhoneNumber(), device = aDevice()): Promise<SignedIn> => {
    const sent = await sendOtp(phoneNumber, device);
    const { status, body } = await call(authRest.verifyOtp, { ...sent, device });
    if (status >= 300) throw new Error(`verify-otp answered ${JSON.stringify(body)}`);
    return body;
  };
  const holding = ({ tokens }: Pick<SignedIn, 'tokens'>) =>
    createCall(url, async () => tokens.accessToken);

  /** Signs in on a device. `use` sends an access token, `refresh` a refresh token. */
  const aPhone = async (phoneNumber?: string) => {
    const device = aDevice({ pushToken: `push-${randomUUID()}` });
    const { tokens, session, user } = await signIn(phoneNumber, device);
    const refresh = async ({ refreshToken }: Pick<Tokens, 'refreshToken'>) =>
      call(authRest.refresh, { refreshToken, deviceId: device.deviceId });
    const use = ({ accessToken }: Pick<Tokens, 'accessToken'>) =>
      createCall(url, async () => accessToken)(authRest.listSessions, {});
    return { tokens, session, user, device, refresh, use };
  };
  /** Waits until a query is blocked by a lock. */
  const untilBlocked = async () => {
    const waiting = () => admin.$queryRaw<unknown[]>`
      SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`;
    while ((await waiting()).length === 0) await new Promise((resolve) => setTimeout(resolve, 10));
  };

  /** Payloads of the pushes that are queued for a device. */
  const pushesTo = async (sessionId: string) => {
    const where = { key: sessionId, topic: { startsWith: 'push.' } };
    return (await admin.outbox.findMany({ where })).map(({ payload }) => payload);
  };

  const steps = { pushesTo, sendOtp, signIn, holding, aPhone, untilBlocked };
  return { url, close, settings, startNode, admin, redis, call, ...steps };
};
