import { type Service, type ServiceDb, createDb, databaseError } from '@taar/db';
import { type Verify, createAuthenticate, createVerify } from '@taar/kit/auth';
import type { EdgeDeps } from '@taar/kit/edge';
import { createHttpServer } from '@taar/kit/http';
import { type FindKey, createFindKey } from '@taar/kit/jwks';
import { type App, closeServer } from '@taar/kit/lifecycle';
import { type Logger, createLogger } from '@taar/kit/logger';
import { type Publish, createPublish } from '@taar/kit/publish';
import { createSpendLimit } from '@taar/kit/rate-limit';
import { createRedis, createSubscriber } from '@taar/kit/redis';
import { type AnnounceEnd, createAnnounceEnd } from './announce-end.ts';
import { type SessionCheck, createAssertSession, followSessions } from './sessions.ts';

type HttpConfig = Parameters<typeof createHttpServer>[1] & { DRAIN_SECONDS: number };
type Config = HttpConfig & {
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
  /** The connection that listens. */
  subscriber: Redis;
  verify: Verify;
  sessions: SessionCheck;
  /** Reaches sockets, which chat nodes hold. */
  publish: Publish;
  /** Call after the commit of a transaction that revoked these sessions. */
  announceEnd: AnnounceEnd;
  stop: () => Promise<void>;
};

/** Keys come from the auth service, but to itself. */
type Keys = { JWKS_URL: string } | { findKey: FindKey };

const findKeyIn = (keys: Keys, logger: Logger) =>
  'findKey' in keys ? keys.findKey : createFindKey(keys.JWKS_URL, logger);

/** What every service behind the edge works with: its role's database, Redis, identity, limits. */
export const createServiceDeps = <S extends Service>(
  name: S,
  config: Config & Keys,
): ServiceDeps<S> => {
  const logger = createLogger(name, config.LOG_LEVEL);
  const prefix = config.REDIS_PREFIX;
  const client = createDb(config.DATABASE_URL, {
    max: config.DATABASE_POOL,
    applicationName: `taar-${name}`,
    onIdleError: (error) => logger.warn('an idle database connection broke', { error }),
  });
  const redis = createRedis(config.REDIS_URL, logger);
  const subscriber = createSubscriber(config.REDIS_URL, logger);
  const sessions = createAssertSession(client);
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

type Checks = Record<string, () => Promise<unknown>>;
type HttpDeps = EdgeDeps & {
  db: Pick<ServiceDb<'status'>, '$queryRaw'>;
  redis: Redis;
  stop: () => Promise<void>;
};

/** A service that is HTTP only: its router behind the edge, with health, and an orderly end. */
export const createServiceApp = (
  deps: HttpDeps,
  config: HttpConfig,
  router: Parameters<typeof createHttpServer>[2],
  {
    requestTimeoutMs,
    needs = {},
    wants = {},
  }: { requestTimeoutMs?: number; needs?: Checks; wants?: Checks } = {},
): App => {
  let draining = false;
  const health = {
    needs: { database: () => deps.db.$queryRaw`SELECT 1`, ...needs },
    wants: { redis: () => deps.redis.ping(), ...wants },
    isDraining: () => draining,
  };
  const server = createHttpServer({ ...deps, health }, config, router, requestTimeoutMs);
  return {
    server,
    logger: deps.logger,
    close: async () => {
      draining = true;
      await closeServer(server, config.DRAIN_SECONDS * 1_000);
      await deps.stop();
    },
  };
};
