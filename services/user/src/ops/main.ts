import { once } from 'node:events';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { createDb } from '@taar/db';
import { announceSessions } from '@taar/domain/sessions';
import { ConfigError } from '@taar/kit/config';
import { createLogger } from '@taar/kit/logger';
import { createPublish } from '@taar/kit/publish';
import { createRedis } from '@taar/kit/redis';
import { runCommand } from './commands.ts';
import { OperatorError } from './operator-error.ts';
import { readSettings } from './settings.ts';

const redisWaitMs = 3_000;

const run = async (args: string[]) => {
  const stackFile = join(process.env['INIT_CWD'] ?? process.cwd(), '.taar/stack.json');
  const { DATABASE_URL, REDIS_URL, REDIS_PREFIX } = await readSettings(process.env, stackFile);
  const logger = createLogger('ops', 'warn');
  const db = createDb(DATABASE_URL, { max: 2, applicationName: 'taar-ops' });

  /** A hint that makes it felt at once; without Redis the services notice within half a minute. */
  const announceEnd = async (ids: string[]) => {
    if (ids.length === 0) return;
    const redis = createRedis(REDIS_URL, logger);
    await once(redis, 'ready', { signal: AbortSignal.timeout(redisWaitMs) }).catch(() => undefined);
    announceSessions(redis, REDIS_PREFIX, ids, logger);
    const closing = { reason: 'session_revoked', reconnect: false } as const;
    createPublish(redis, REDIS_PREFIX, logger)('closing', { sessions: ids }, closing);
    await redis.quit().catch(() => undefined);
  };

  try {
    const operator = `operator:${userInfo().username}`;
    return await runCommand({ db, operator, announceEnd }, args);
  } finally {
    await db.$disconnect();
  }
};

try {
  const shown = await run(process.argv.slice(2));
  process.stdout.write(`${JSON.stringify(shown, undefined, 2)}\n`);
} catch (error) {
  if (!(error instanceof OperatorError || error instanceof ConfigError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
