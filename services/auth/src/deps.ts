import { type AuthDb, createDb, databaseError } from '@taar/db';
import { createAssertSession, followSessions } from '@taar/domain/sessions';
import { type Authenticate, type Verify, createAuthenticate, createVerify } from '@taar/kit/auth';
import type { EdgeDeps } from '@taar/kit/edge';
import { createLogger } from '@taar/kit/logger';
import { type Publish, createPublish } from '@taar/kit/publish';
import { createSpendLimit } from '@taar/kit/rate-limit';
import { createRedis, createSubscriber } from '@taar/kit/redis';
import type { Config } from './config.ts';
import { type Admin, createAdmin } from './firebase/admin.ts';
import { createGuard } from './firebase/guard.ts';
import { type IdentityToolkit, createIdentityToolkit } from './firebase/identity-toolkit.ts';
import { type Secrets, createSecrets } from './secrets.ts';
import { createIssueTokens } from './sessions/issue-tokens.ts';

export type Deps = EdgeDeps & {
  config: Config;
  db: AuthDb;
  redis: ReturnType<typeof createRedis>;
  publish: Publish;
  verify: Verify;
  authenticate: Authenticate;
  sessions: ReturnType<typeof createAssertSession>;
  secrets: Secrets;
  issueTokens: ReturnType<typeof createIssueTokens>;
  identityToolkit: IdentityToolkit;
  admin: Admin;
  stop: () => Promise<void>;
};

export const createDeps = (config: Config): Deps => {
  const logger = createLogger('auth', config.LOG_LEVEL);
  const db: AuthDb = createDb(config.DATABASE_URL, {
    max: config.DATABASE_POOL,
    applicationName: 'taar-auth',
    onIdleError: (error) => logger.warn('a database connection broke', { error }),
  });
  const redis = createRedis(config.REDIS_URL, logger);
  const guard = createGuard(config.FIREBASE_DEADLINE_MS, config.FIREBASE_PROBE_MS, logger);

  const keys = new Map(config.TOKEN_KEYS.map(({ kid, publicKey }) => [kid, publicKey]));
  const verify = createVerify({
    findKey: async (kid) => keys.get(kid),
    issuer: config.ISSUER,
  });
  const sessions = createAssertSession(db);
  const subscriber = createSubscriber(config.REDIS_URL, logger);
  followSessions(subscriber, config.REDIS_PREFIX, sessions, logger);
  const secrets = createSecrets(config.AUTH_SECRET);
  const admin = createAdmin(config, guard);

  return {
    config,
    logger,
    db,
    redis,
    publish: createPublish(redis, config.REDIS_PREFIX, logger),
    verify,
    authenticate: createAuthenticate(verify, sessions),
    sessions,
    spendLimit: createSpendLimit({
      redis,
      prefix: config.REDIS_PREFIX,
      factor: config.RATE_LIMIT_FACTOR,
    }),
    isUnavailable: (thrown) => databaseError(thrown)?.kind === 'unavailable',
    secrets,
    issueTokens: createIssueTokens(config, secrets),
    identityToolkit: createIdentityToolkit(config, guard),
    admin,
    stop: async () => {
      redis.disconnect();
      subscriber.disconnect();
      await Promise.all([db.$disconnect(), admin.close()]);
    },
  };
};
