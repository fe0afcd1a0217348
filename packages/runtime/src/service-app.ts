import type { PrismaClient } from '@taar/db';
import type { EdgeDeps } from '@taar/kit/edge';
import { createHttpServer } from '@taar/kit/http';
import { type App, closeServer } from '@taar/kit/lifecycle';
import type { createRedis } from '@taar/kit/redis';

type Config = Parameters<typeof createHttpServer>[1] & { DRAIN_SECONDS: number };
type Checks = Record<string, () => Promise<unknown>>;
type Deps = EdgeDeps & {
  db: Pick<PrismaClient, '$queryRaw'>;
  redis: ReturnType<typeof createRedis>;
  stop: () => Promise<void>;
};

/**
 * A service that serves HTTP only: its router behind the edge, health checks, graceful shutdown.
 * It is down while a check of `needs` fails, and degraded while one of `wants` does.
 */
export const createServiceApp = (
  deps: Deps,
  config: Config,
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
