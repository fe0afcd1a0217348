import { readFile } from 'node:fs/promises';
import { loadConfig, text, url, withDefault } from '@taar/kit/config';

type Env = Record<string, string | undefined>;

const settings = {
  DATABASE_URL: url('postgresql', 'postgres'),
  REDIS_URL: url('redis', 'rediss'),
  REDIS_PREFIX: withDefault(text(), 'taar'),
};

/** The URLs that `npm start` wrote to its stack file; empty when it does not run. */
const readStack = async (file: string): Promise<Env> => {
  try {
    const stack = JSON.parse(await readFile(file, 'utf8')) as { database: string; redis: string };
    return { DATABASE_URL: stack.database, REDIS_URL: stack.redis };
  } catch {
    return {};
  }
};

/** Settings from the environment, and by default those of the system that `npm start` runs. */
export const readSettings = async (env: Env, stackFile: string) =>
  loadConfig(settings, { ...(await readStack(stackFile)), ...env });
