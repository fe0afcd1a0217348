import { createHttpServer } from '@taar/kit/http';
import { type App, closeServer } from '@taar/kit/lifecycle';
import type { Socket } from 'socket.io';
import type { Config } from './config.ts';
import { createDeps } from './create-deps.ts';
import type { Deps } from './deps.ts';
import { startJobs } from './jobs.ts';
import { watchBackPressure } from './live/back-pressure.ts';
import { countSockets } from './live/count-sockets.ts';
import { drain } from './live/drain.ts';
import { watchRevocations } from './live/revocation.ts';
import { startDeletingOldEdits } from './messages/delete-old-edits.ts';
import { startSweeper } from './messages/sweep-expired.ts';
import { startDeletingOldPushes } from './push/delete-old-pushes.ts';
import { rest } from './rest.ts';
import { socket } from './socket.ts';

/** The address of the client, which the first of our `hops` proxies appended to the header. */
const addressOf =
  (hops: number) =>
  ({ handshake }: Socket): string => {
    const forwarded = String(handshake.headers['x-forwarded-for'] ?? '').split(',');
    return (hops > 0 && forwarded.at(-hops)?.trim()) || handshake.address;
  };

/** A node that may miss events of other nodes is degraded. */
const assertBusWorks = async ({ isDegraded }: Pick<Deps, 'isDegraded'>) => {
  if (isDegraded()) throw new Error('Events of other nodes may not arrive.');
};

export const createApp = (config: Config, overrides: Partial<Deps> = {}): App => {
  const deps = { ...createDeps(config), ...overrides };
  const { io, db, redis, logger } = deps;
  let draining = false;

  const server = createHttpServer(
    {
      ...deps,
      health: {
        needs: { database: () => db.$queryRaw`SELECT 1` },
        wants: { redis: () => redis.ping(), bus: () => assertBusWorks(deps) },
        isDraining: () => draining,
      },
    },
    config,
    rest(deps),
  );
  io.attach(server);
  socket(deps, addressOf(config.TRUST_PROXY_HOPS));
  const jobs = startJobs(deps);
  deps.presence.start();
  deps.push.start();
  const watches = [watchBackPressure(io, logger), countSockets(io, logger)];
  const repetitions = [
    startSweeper(deps, config.EXPIRY_SWEEP_SECONDS * 1_000),
    startDeletingOldEdits(deps),
    startDeletingOldPushes(deps),
    watchRevocations(io, db, logger),
  ];

  return {
    server,
    logger,
    ready: deps.busReady,
    close: async () => {
      draining = true;
      for (const stop of watches) stop();
      await Promise.all(repetitions.map((stop) => stop()));
      await jobs.stop();
      await deps.presence.stop();
      await deps.push.stop();
      await drain(io, config.DRAIN_SECONDS * 1_000);
      await io.close();
      await closeServer(server, 1_000);
      await deps.stop();
    },
  };
};
