import type { Service } from '@taar/db';
import { type DatabaseServer, freshDatabase } from './database.ts';
import { startKeys } from './keys.ts';
import { createAs } from './people.ts';
import { freshRedis } from './redis.ts';

/**
 * Creates the surroundings of a service for this test file: a database, a prefix in Redis, and the
 * keys of access tokens. `env` is for the service's config; `as` takes the URL of the service.
 */
export const createSurroundings = async (service: Service, server?: DatabaseServer) => {
  const [database, keys] = await Promise.all([freshDatabase(server), startKeys()]);
  const redis = freshRedis();
  return {
    ...database,
    keys,
    redis,
    env: {
      NODE_ENV: 'test',
      LOG_LEVEL: 'error',
      DATABASE_URL: database.urls[service],
      REDIS_URL: redis.url,
      REDIS_PREFIX: redis.prefix,
      JWKS_URL: keys.jwksUrl,
      ISSUER: keys.issuer,
      DRAIN_SECONDS: '0',
    },
    as: (url: string) => createAs(url, database.admin, keys),
  };
};
