import { randomUUID } from 'node:crypto';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startPostgres } from '@taar/embedded/postgres';
import { startPart } from '@taar/embedded/start-part';
import { createTemplate, dropTemplate } from './template.ts';

type Server = { env: Record<string, string>; stop(): Promise<void> };

const s3Keys = { accessKeyId: 'taar-test', secretAccessKey: 'taar-test-secret' };
const firebaseProject = 'demo-taar';

/** Starts the servers that no environment variable names. */
export const startServers = async () => {
  const dir = await mkdtemp(join(tmpdir(), 'taar-test-'));
  // If this process is root, PostgreSQL runs as another account, which needs access to the folder.
  await chmod(dir, 0o755);
  const starts = await Promise.allSettled([
    database(join(dir, 'postgres')),
    given('TEST_REDIS_URL') ?? redis(),
    given('TEST_S3_ENDPOINT', 'TEST_S3_ACCESS_KEY_ID', 'TEST_S3_SECRET_ACCESS_KEY') ??
      s3(join(dir, 's3')),
    given('FIREBASE_AUTH_EMULATOR_HOST', 'TEST_FIREBASE_PROJECT') ?? firebaseAuth(),
  ]);
  const servers = starts.flatMap((start) => (start.status === 'fulfilled' ? [start.value] : []));
  const stop = async () => {
    await Promise.all(servers.map((server) => server.stop()));
    await rm(dir, { recursive: true, force: true });
  };

  const failure = starts.find((start) => start.status === 'rejected');
  if (failure) {
    await stop();
    throw failure.reason;
  }
  return {
    env: Object.assign({}, ...servers.map((server) => server.env)) as Record<string, string>,
    stop,
  };
};

const given = (...names: string[]): Server | undefined => {
  if (!process.env[names[0]!]) return undefined;
  const env = Object.fromEntries(names.map((name) => [name, process.env[name] ?? '']));
  return { env, stop: async () => {} };
};

const database = async (dir: string): Promise<Server> => {
  const settings = { max_connections: 300, fsync: 'off', full_page_writes: 'off' };
  const outside = process.env['TEST_DATABASE_URL'];
  const postgres = outside ? undefined : await startPostgres({ dir, settings });
  const url = outside ?? postgres!.url;
  const template = `taar_template_${randomUUID().slice(0, 8)}`;
  await createTemplate(url, template);
  return {
    env: { TEST_DATABASE_URL: url, TEST_DATABASE_TEMPLATE: template },
    stop: () => postgres?.stop() ?? dropTemplate(url, template),
  };
};

const redis = async (): Promise<Server> => {
  const { url, stop } = await startPart('redis', {});
  return { env: { TEST_REDIS_URL: url }, stop };
};

const s3 = async (dir: string): Promise<Server> => {
  const { url, stop } = await startPart('s3', { dir, ...s3Keys });
  return {
    env: {
      TEST_S3_ENDPOINT: url,
      TEST_S3_ACCESS_KEY_ID: s3Keys.accessKeyId,
      TEST_S3_SECRET_ACCESS_KEY: s3Keys.secretAccessKey,
    },
    stop,
  };
};

const firebaseAuth = async (): Promise<Server> => {
  const { url, stop } = await startPart('firebase-auth', { project: firebaseProject });
  return {
    env: { FIREBASE_AUTH_EMULATOR_HOST: new URL(url).host, TEST_FIREBASE_PROJECT: firebaseProject },
    stop,
  };
};
