import { type Service, type ServiceDb, createDb, databaseError } from '@taar/db';
import { type Verify, createAuthenticate, createVerify } from '@taar/kit/auth';
import type { EdgeDeps } from '@taar/kit/edge';
import { type FindKey, createFindKey } from '@taar/kit/jwks';
import { type Logger, createLogger } from '@taar/kit/logger';
import { type Publish, createPublish } from '@taar/kit/publish';
import { createSpendLimit } from '@taar/kit/rate-limit';
import { createRedis, createSubscriber } from '@taar/kit/redis';
import { type AnnounceEnd, createAnnounceEnd, followSessions } from './sessions/announce-end.ts';
import { type SessionCheck, createSessionCheck } from './sessions/session-check.ts';

type Config = {
  LOG_LEVEL: string;
  DATABASE_URL: string;
  DATABASE_POOL: number;
  REDIS_URL: string;
  REDIS_PREFIX: string;
  ISSUER: string;
  RATE_LIMIT_FACTOR: number;
};

type Redis = ReturnType<typeof createRedis>;

export type ServiceDeps<S extends Service> = EdgeDeps & {
  db: ServiceDb<S>;
  redis: Redis;
  /** A connection of its own: one that subscribes takes no other commands. */
  subscriber: Redis;
  verify: Verify;
  sessions: SessionCheck;
  /** Publishes an event to the chat nodes, which emit it to sockets. */
  publish: Publish;
  /** Call after the commit of a transaction that revoked these sessions. */
  announceEnd: AnnounceEnd;
  stop: () => Promise<void>;
};

/** Every service fetches the key set from auth; auth reads its own keys directly. */
type Keys = { JWKS_URL: string } | { findKey: FindKey };

/** The parts that every service has: database with its own role, Redis, session check, limits. */
export const createServiceDeps = <S extends Service>(
  name: S,
  config: Config & Keys,
): ServiceDeps<S> => {
  const logger = createLogger(name, config.LOG_LEVEL);
  const prefix = config.REDIS_PREFIX;
  const client = createDb(config.DATABASE_URL, {
    max: config.DATABASE_POOL,
    applicationName: `taar-${name}`,
    onIdleError: (error) => logger.warn('An idle database connection broke.', { error }),
  });
  const redis = createRedis(config.REDIS_URL, logger);
  const subscriber = createSubscriber(config.REDIS_URL, logger);
  const sessions = createSessionCheck(client);
  followSessions(subscriber, prefix, sessions, logger);
  const publish = createPublish(redis, prefix, logger);
  const verify = createVerify({ findKey: findKeyIn(config, logger), issuer: config.ISSUER });
  return {
    logger,
    db: client as unknown as ServiceDb<S>,
    redis,
    subscriber,
    verify,
    sessions,
    publish,
    announceEnd: createAnnounceEnd({ redis, prefix, publish, sessions, logger }),
    authenticate: createAuthenticate(verify, sessions),
    spendLimit: createSpendLimit({
      redis,
      prefix,
      factor: config.RATE_LIMIT_FACTOR,
    }),
    isUnavailable: (thrown) => databaseError(thrown)?.kind === 'unavailable',
    stop: async () => {
      redis.disconnect();
      subscriber.disconnect();
      await client.$disconnect();
    },
  };
};

const findKeyIn = (keys: Keys, logger: Logger) =>
  'findKey' in keys ? keys.findKey : createFindKey(keys.JWKS_URL, logger);
