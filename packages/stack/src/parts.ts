import { join } from 'node:path';
import { startPostgres } from '@taar/embedded/postgres';
import { startPart } from '@taar/embedded/start-part';
import { type Database, prepareDatabase } from './database.ts';
import type { Env } from './env.ts';
import { startPushPrinter } from './push-printer.ts';
import type { Secrets } from './secrets.ts';

/** Something the services lean on: started here, or found where the environment says. */
export type Part = { url: string; pid?: number; stop: () => Promise<void> };
export type FirebaseEmulator = Part & { project: string };

const found = (url: string): Part => ({ url, stop: async () => {} });
const defaultProject = 'demo-taar';

const database = async (dir: string, env: Env, secrets: Secrets): Promise<Part & Database> => {
  const part = env['DATABASE_URL']
    ? found(env['DATABASE_URL'])
    : await startPostgres({ dir: join(dir, 'postgres') });
  try {
    return { ...part, ...(await prepareDatabase(part.url, env, secrets)) };
  } catch (error) {
    await part.stop();
    throw error;
  }
};

const redis = async (env: Env): Promise<Part> =>
  env['REDIS_URL'] ? found(env['REDIS_URL']) : startPart('redis', {});

const s3 = async (dir: string, env: Env, secrets: Secrets): Promise<Part> =>
  env['S3_ENDPOINT']
    ? found(env['S3_ENDPOINT'])
    : startPart('s3', { dir: join(dir, 's3'), ...secrets.s3 });

/** Undefined where the environment names a real Firebase project. */
const firebaseAuth = async (env: Env): Promise<FirebaseEmulator | undefined> => {
  const { FIREBASE_AUTH_EMULATOR_HOST: host, FIREBASE_PROJECT: named } = env;
  const project = named ?? defaultProject;
  if (host) return { ...found(`http://${host}`), project };
  return named ? undefined : { ...(await startPart('firebase-auth', { project })), project };
};

/** Undefined where pushes go to a real Firebase project. */
const fcm = async (env: Env, say: (line: string) => void): Promise<Part | undefined> => {
  const { FCM_LOCAL_URL: url, FIREBASE_AUTH_EMULATOR_HOST: host, FIREBASE_PROJECT: named } = env;
  if (url) return found(url);
  return named && !host ? undefined : startPushPrinter(say);
};

/** Waits for all of them; when one fails, those that started are stopped again. */
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

/** Starts the parts side by side; each gives way to the one that the environment names. */
export const startParts = async (
  dir: string,
  env: Env,
  secrets: Secrets,
  say: (line: string) => void,
) => {
  const [db, cache, store, firebase, push] = await allOrNone([
    database(dir, env, secrets),
    redis(env),
    s3(dir, env, secrets),
    firebaseAuth(env),
    fcm(env, say),
  ]);
  return {
    database: db,
    redis: cache,
    s3: store,
    firebaseAuth: firebase,
    fcm: push,
    stop: async () => {
      for (const part of [push, db, cache, store, firebase]) await part?.stop();
    },
  };
};
export type Parts = Awaited<ReturnType<typeof startParts>>;
