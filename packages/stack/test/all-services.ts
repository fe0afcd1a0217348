import { randomUUID } from 'node:crypto';
import { createApp as createAuth } from '@taar/auth/app';
import { config as authConfig } from '@taar/auth/config';
import { generateKey } from '@taar/auth/keys';
import { createApp as createChat } from '@taar/chat/app';
import { config as chatConfig } from '@taar/chat/config';
import type { Service } from '@taar/db';
import { type App, listen } from '@taar/kit/lifecycle';
import { createApp as createMedia } from '@taar/media/app';
import { config as mediaConfig } from '@taar/media/config';
import { createApp as createStatus } from '@taar/status/app';
import { config as statusConfig } from '@taar/status/config';
import { atEnd } from '@taar/testing/at-end';
import { envOf } from '@taar/testing/env';
import { createSurroundings } from '@taar/testing/surroundings';
import { createApp as createUser } from '@taar/user/app';
import { config as userConfig } from '@taar/user/config';

type Env = Record<string, string>;
const creators: Record<Service, (env: Env) => App> = {
  auth: (env) => createAuth(authConfig(env)),
  chat: (env) => createChat(chatConfig(env)),
  user: (env) => createUser(userConfig(env)),
  media: (env) => createMedia(mediaConfig(env)),
  status: (env) => createStatus(statusConfig(env)),
};

/** Starts all five services in this process, each with its own role in one new database. */
export const startAllServices = async (overrides: Env = {}) => {
  const { env, urls, as, admin, adminUrl } = await createSurroundings('user');
  const settings = {
    ...env,
    RATE_LIMIT_FACTOR: '100',
    TOKEN_KEYS: JSON.stringify([generateKey(), generateKey()]),
    AUTH_SECRET: randomUUID(),
    CONTACTS_SECRET: randomUUID(),
    FIREBASE_PROJECT: envOf('TEST_FIREBASE_PROJECT'),
    FIREBASE_API_KEY: 'local',
    FIREBASE_AUTH_EMULATOR_HOST: envOf('FIREBASE_AUTH_EMULATOR_HOST'),
    S3_ENDPOINT: envOf('TEST_S3_ENDPOINT'),
    S3_BUCKET: `all-${randomUUID().slice(0, 8)}`,
    S3_ACCESS_KEY_ID: envOf('TEST_S3_ACCESS_KEY_ID'),
    S3_SECRET_ACCESS_KEY: envOf('TEST_S3_SECRET_ACCESS_KEY'),
    ...overrides,
  };
  const start = async (service: Service) => {
    const app = creators[service]({ ...settings, DATABASE_URL: urls[service] });
    atEnd(() => app.close());
    return as(`http://127.0.0.1:${await listen(app, 0, '127.0.0.1')}`);
  };
  return {
    settings,
    admin,
    adminUrl,
    auth: await start('auth'),
    chat: await start('chat'),
    user: await start('user'),
    media: await start('media'),
    status: await start('status'),
  };
};
