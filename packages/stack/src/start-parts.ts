import { join } from 'node:path';
import { startPostgres } from '@taar/embedded/postgres';
import { startPart } from '@taar/embedded/start-part';
import type { Display } from './display.ts';
import type { Env } from './env.ts';
import { type Database, prepareDatabase } from './prepare-database.ts';
import { startPushPrinter } from './push-printer.ts';
import type { Secrets } from './secrets.ts';

/** A server that the services need: started here, or named by a setting. */
export type Part = { url: string; pid?: number; stop: () => Promise<void> };
export type FirebaseEmulator = Part & { project: string };
export type Parts = Awaited<ReturnType<typeof startParts>>;

const defaultProject = 'demo-taar';

/** Starts the parts side by side, but for those that a setting replaces. */
export const startParts = async (dir: string, env: Env, secrets: Secrets, display: Display) => {
  const [database, redis, s3, firebaseAuth, fcm] = await allOrNone([
    display.track('PostgreSQL', startDatabase(dir, env, secrets)),
    display.track('Redis', startRedis(env)),
    display.track('S3', startS3(dir, env, secrets)),
    display.track('Firebase Auth', startFirebaseAuth(env)),
    startFcm(env, display),
  ]);
  return {
    database,
    redis,
    s3,
    firebaseAuth,
    fcm,
    stop: async () => {
      for (const part of [fcm, database, redis, s3, firebaseAuth]) await part?.stop();
    },
  };
};

/** Waits for all parts. When one fails, the others are stopped. */
const allOrNone = async <T extends (Part | undefined)[]>(starting: {
  [K in keyof T]: Promise<T[K]>;
}): Promise<T> => {
  try {
    return await Promise.all(starting);
  } catch (error) {
    for (const start of await Promise.allSettled(starting))
      if (start.status === 'fulfilled') await start.value?.stop();
    throw error;
  }
};

const startDatabase = async (dir: string, env: Env, secrets: Secrets): Promise<Part & Database> => {
  const part = env['DATABASE_URL']
    ? external(env['DATABASE_URL'])
    : await startPostgres({ dir: join(dir, 'postgres') });
  try {
    return { ...part, ...(await prepareDatabase(part.url, env, secrets)) };
  } catch (error) {
    await part.stop();
    throw error;
  }
};

const startRedis = async (env: Env): Promise<Part> =>
  env['REDIS_URL'] ? external(env['REDIS_URL']) : startPart('redis', {});

const startS3 = async (dir: string, env: Env, secrets: Secrets): Promise<Part> =>
  env['S3_ENDPOINT']
    ? external(env['S3_ENDPOINT'])
    : startPart('s3', { dir: join(dir, 's3'), ...secrets.s3 });

/** Undefined if the settings name a real Firebase project. */
const startFirebaseAuth = async (env: Env): Promise<FirebaseEmulator | undefined> => {
  const { FIREBASE_AUTH_EMULATOR_HOST: host, FIREBASE_PROJECT: named } = env;
  const project = named ?? defaultProject;
  if (host) return { ...external(`http://${host}`), project };
  return named ? undefined : { ...(await startPart('firebase-auth', { project })), project };
};

/** Undefined if pushes go to a real Firebase project. */
const startFcm = async (env: Env, { print }: Display): Promise<Part | undefined> => {
  const { FCM_LOCAL_URL: url, FIREBASE_AUTH_EMULATOR_HOST: host, FIREBASE_PROJECT: named } = env;
  if (url) return external(url);
  return named && !host ? undefined : startPushPrinter(print);
};

const external = (url: string): Part => ({ url, stop: async () => {} });
