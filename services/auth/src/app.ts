import { followSessions } from '@taar/domain/sessions';
import { createHttp } from '@taar/kit/http';
import { type App, closeServer } from '@taar/kit/lifecycle';
import { createSubscriber } from '@taar/kit/redis';
import type { Config } from './config.ts';
import { type Deps, createDeps } from './deps.ts';
import { rest } from './rest.ts';

export const createApp = (config: Config, overrides: Partial<Deps> = {}): App => {
  const deps = { ...createDeps(config), ...overrides };
  const { db, redis, logger, sessions } = deps;
  const subscriber = createSubscriber(config.REDIS_URL, logger);
  followSessions(subscriber, config.REDIS_PREFIX, sessions, logger);

  let draining = false;
  const health = {
    needs: { database: () => db.$queryRaw`SELECT 1` },
    wants: { redis: () => redis.ping() },
    isDraining: () => draining,
  };
  const server = createHttp({ ...deps, health }, config, rest(deps));

  return {
    server,
    logger,
    close: async () => {
      draining = true;
      await closeServer(server, config.DRAIN_SECONDS * 1_000);
      subscriber.disconnect();
      await Promise.allSettled([redis.quit(), db.$disconnect(), deps.admin.close()]);
    },
  };
};
