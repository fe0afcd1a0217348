import type { App } from '@taar/kit/lifecycle';
import { createServiceApp } from '@taar/runtime/service-app';
import type { Config } from './config.ts';
import { createDeps } from './create-deps.ts';
import type { Deps } from './deps.ts';
import { startJobs } from './jobs/start-jobs.ts';
import { rest } from './rest.ts';

export const createApp = (config: Config, overrides: Partial<Deps> = {}): App => {
  const deps = { ...createDeps(config), ...overrides };
  const jobs = startJobs(deps);
  const stop = async () => {
    await jobs.stop();
    await deps.stop();
  };
  return createServiceApp({ ...deps, stop }, config, rest(deps));
};
