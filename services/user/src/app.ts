import { createServiceApp } from '@taar/runtime/service';
import type { App } from '@taar/kit/lifecycle';
import type { Config } from './config.ts';
import { type Deps, createDeps } from './deps.ts';
import { rest } from './rest.ts';

export const createApp = (config: Config, overrides: Partial<Deps> = {}): App => {
  const deps = { ...createDeps(config), ...overrides };
  deps.jobs.start();
  return createServiceApp(deps, config, rest(deps));
};
