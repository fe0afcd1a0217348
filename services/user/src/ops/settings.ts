import { readFile } from 'node:fs/promises';
import { loadConfig, text, url, withDefault } from '@taar/kit/config';

type Env = Record<string, string | undefined>;

const settings = {
  DATABASE_URL: url('postgresql', 'postgres'),
  REDIS_URL: url('redis', 'rediss'),
  REDIS_PREFIX: withDefault(text(), 'taar'),
};

/** Where `npm start` wrote down what it runs on. */
const readStack = async (file: string): Promise<Env> => {
  try {
    const stack = JSON.parse(await readFile(file, 'utf8')) as { database: string; redis: string };
    return { DATABASE_URL: stack.database, REDIS_URL: stack.redis };
  } catch {
    return {};
  }
};

/** What the environment says; without it, the system that `npm start` runs here. */
export const readSettings = async (env: Env, stackFile: string) =>
  loadConfig(settings, { ...(await readStack(stackFile)), ...env });
