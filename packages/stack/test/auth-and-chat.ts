import { randomUUID } from 'node:crypto';
import { createApp as createAuth } from '@taar/auth/app';
import { config as authConfig } from '@taar/auth/config';
import { generateKey } from '@taar/auth/keys';
import { createApp as createChat } from '@taar/chat/app';
import { config as chatConfig } from '@taar/chat/config';
import { type App, listen } from '@taar/kit/lifecycle';
import { atEnd } from '@taar/testing/at-end';
import { envOf } from '@taar/testing/env';
import { createSurroundings } from '@taar/testing/surroundings';
import { printOtps } from '../src/print-otps.ts';
import { createTerminal } from './sign-up.ts';

type Env = Record<string, string>;

/** Limits that fail closed reject every request until Redis is connected. */
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

/** Starts auth, and chat services that verify auth's tokens by its published keys. */
export const startAuthAndChat = async (overrides: Env = {}) => {
  const { env, urls, admin } = await createSurroundings('auth');
  const emulator = envOf('FIREBASE_AUTH_EMULATOR_HOST');
  const project = envOf('TEST_FIREBASE_PROJECT');
  const terminal = createTerminal();
  atEnd(printOtps({ url: `http://${emulator}`, project, stop: async () => {} }, terminal.print));

  const settings = { ...env, RATE_LIMIT_FACTOR: '100', ...overrides };
  const keys = [generateKey(), generateKey()];
  const authUrl = await start(
    createAuth(
      authConfig({
        ...settings,
        TOKEN_KEYS: JSON.stringify(keys),
        AUTH_SECRET: randomUUID(),
        FIREBASE_PROJECT: project,
        FIREBASE_API_KEY: 'local',
        FIREBASE_AUTH_EMULATOR_HOST: emulator,
      }),
    ),
  );
  const startChat = (more: Env = {}) =>
    start(
      createChat(
        chatConfig({
          ...settings,
          DATABASE_URL: urls.chat,
          JWKS_URL: `${authUrl}/auth/.well-known/jwks.json`,
          ...more,
        }),
      ),
    );
  return { authUrl, startChat, admin, terminal, keys };
};
