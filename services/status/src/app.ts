import { erasureHandlers } from '@taar/domain/erasure/erasure-jobs';
import { createWorker } from '@taar/runtime/outbox/worker';
import { createServiceApp } from '@taar/runtime/service-app';
import type { App } from '@taar/kit/lifecycle';
import type { Config } from './config.ts';
import { type Deps, createDeps } from './deps.ts';
import { startRemovingOldStatuses } from './remove-old-statuses.ts';
import { rest } from './rest.ts';

const pollMs = 1_000;

export const createApp = (config: Config, overrides: Partial<Deps> = {}): App => {
  const deps = { ...createDeps(config), ...overrides };
  const { db, logger } = deps;
  const stopRemoving = startRemovingOldStatuses(deps);
  const worker = createWorker({
    name: 'status',
    db,
    logger,
    handlers: erasureHandlers(db, 'status'),
    concurrency: 1,
    pollMs,
  });
  worker.start();
  const app = createServiceApp(deps, config, rest(deps));
  return {
    ...app,
    close: async () => {
      await stopRemoving();
      await worker.stop();
      await app.close();
    },
  };
};
