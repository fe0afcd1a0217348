import { createServiceApp } from '@taar/runtime/service-app';
import type { App } from '@taar/kit/lifecycle';
import type { Config } from './config.ts';
import { createDeps } from './create-deps.ts';
import type { Deps } from './deps.ts';
import { rest } from './rest.ts';

export const createApp = (config: Config, overrides: Partial<Deps> = {}): App => {
  const deps = { ...createDeps(config), ...overrides };
  const app = createServiceApp(deps, config, rest(deps), {
    requestTimeoutMs: config.UPLOAD_SECONDS * 1_000,
    wants: { storage: deps.storage.probe },
  });
  deps.worker.start();
  return app;
};
