import { once } from 'node:events';
import { userInfo } from 'node:os';
import { createDb } from '@taar/db';
import { createAnnounceEnd } from '@taar/runtime/sessions/announce-end';
import { createLogger } from '@taar/kit/logger';
import { createPublish } from '@taar/kit/publish';
import { createRedis } from '@taar/kit/redis';
import { runCommand } from './commands.ts';
import { readSettings } from './settings.ts';

const redisWaitMs = 3_000;

/** Runs an operator's command on the system that the settings name; returns the result to print. */
export const runOps = async (
  env: Record<string, string | undefined>,
  stackFile: string,
  args: string[],
): Promise<unknown> => {
  const { DATABASE_URL, REDIS_URL, REDIS_PREFIX } = await readSettings(env, stackFile);
  const logger = createLogger('ops', 'warn');
  const db = createDb(DATABASE_URL, { max: 2, applicationName: 'taar-ops' });

  /** Announces ended sessions at once. Without Redis the services notice them within 30 s. */
  const announceEnd = async (ids: string[]) => {
    if (ids.length === 0) return;
    const redis = createRedis(REDIS_URL, logger);
    await once(redis, 'ready', { signal: AbortSignal.timeout(redisWaitMs) }).catch(() => undefined);
    const publish = createPublish(redis, REDIS_PREFIX, logger);
    createAnnounceEnd({ redis, prefix: REDIS_PREFIX, publish, logger })(ids);
    await redis.quit().catch(() => redis.disconnect());
  };

  try {
    const operator = `operator:${userInfo().username}`;
    return await runCommand({ db, operator, announceEnd }, args);
  } finally {
    await db.$disconnect();
  }
};
