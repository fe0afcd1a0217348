import { randomUUID } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { createApp as createAuth } from '@taar/auth/app';
import { config as authConfig } from '@taar/auth/config';
import { generateKey } from '@taar/auth/keys';
import { createApp as createChat } from '@taar/chat/app';
import { config as chatConfig } from '@taar/chat/config';
import { authRest, chatRest } from '@taar/contracts';
import { type App, listen } from '@taar/kit/lifecycle';
import { atEnd } from '@taar/testing/at-end';
import { createCall } from '@taar/testing/client';
import { envOf } from '@taar/testing/env';
import { connectPhone } from '@taar/testing/phone';
import { createSurroundings } from '@taar/testing/surroundings';
import { printOtps } from '../src/otp-printer.ts';
import { createTerminal, signUp } from './sign-up.ts';

const { env, urls } = await createSurroundings('auth');
const emulator = envOf('FIREBASE_AUTH_EMULATOR_HOST');
const project = envOf('TEST_FIREBASE_PROJECT');
const terminal = createTerminal();
atEnd(printOtps({ url: `http://${emulator}`, project, stop: async () => {} }, terminal.say));

const settings = { ...env, RATE_LIMIT_FACTOR: '100' };
/** Limits that fail closed refuse everything until Redis is connected. */
const isReady = async (url: string) => {
  const { status } = (await (await fetch(`${url}/ready`)).json()) as { status: string };
  return status === 'ready';
};
const start = async (app: App) => {
  atEnd(() => app.close());
  const url = `http://127.0.0.1:${await listen(app, 0, '127.0.0.1')}`;
  while (!(await isReady(url))) await new Promise((resolve) => setTimeout(resolve, 20));
  return url;
};
const authUrl = await start(
  createAuth(
    authConfig({
      ...settings,
      TOKEN_KEYS: JSON.stringify([generateKey(), generateKey()]),
      AUTH_SECRET: randomUUID(),
      FIREBASE_PROJECT: project,
      FIREBASE_API_KEY: 'local',
      FIREBASE_AUTH_EMULATOR_HOST: emulator,
    }),
  ),
);
/** Chat takes the tokens that auth signed, by the keys that auth publishes. */
const startChat = (overrides: Record<string, string>) =>
  start(
    createChat(
      chatConfig({
        ...settings,
        DATABASE_URL: urls.chat,
        JWKS_URL: `${authUrl}/auth/.well-known/jwks.json`,
        ...overrides,
      }),
    ),
  );

test.each([
  ['told by Redis', {}],
  // As if every hint were lost: what remains is a look at the database every five seconds.
  ['without a word from Redis', { REDIS_PREFIX: 'elsewhere' }],
])('T-A3 H64 a reused refresh token closes the live socket, %s', async (_how, overrides) => {
  const chatUrl = await startChat(overrides);
  const { tokens, deviceId } = await signUp(authUrl, terminal, 'Asha');
  const refresh = ({ refreshToken }: { refreshToken: string }) =>
    createCall(authUrl)(authRest.refresh, { refreshToken, deviceId });
  const next = (await refresh(tokens)).body.tokens;
  // Connecting is the first use of the successor: it spends the token before.
  const auth = { token: next.accessToken, deviceId, protocol: 1 };
  const phone = await connectPhone(chatUrl, auth);
  atEnd(phone.close);
  await phone.next('authenticated');

  const reused = await refresh(tokens);

  expect(reused).toMatchObject({ status: 401, body: { code: 'refresh_token_reused' } });
  expect(await phone.next('closing')).toEqual({ reason: 'session_revoked', reconnect: false });
  await phone.closed;
  expect((await refresh(next)).body).toMatchObject({ code: 'session_revoked' });
});

test('a socket outlives its first token when it is given the next, and so does its session', async () => {
  const chatUrl = await startChat({});
  const { tokens, deviceId } = await signUp(authUrl, terminal, 'Biren');
  const proof = (token: string) => ({ token, deviceId, protocol: 1 });
  const phone = await connectPhone(chatUrl, proof(tokens.accessToken));
  atEnd(phone.close);
  await phone.next('authenticated');
  const { body } = await createCall(authUrl)(authRest.refresh, {
    refreshToken: tokens.refreshToken,
    deviceId,
  });
  const { accessToken } = body.tokens;

  expect(await phone.ask('authenticate', proof(accessToken))).toMatchObject({ ok: true });
  const chats = createCall(chatUrl, async () => accessToken)(chatRest.listChats, {});
  expect((await chats).status).toBe(200);
});
