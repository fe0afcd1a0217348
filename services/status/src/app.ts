import { createServiceApp } from '@taar/domain/service';
import type { App } from '@taar/kit/lifecycle';
import type { Config } from './config.ts';
import { type Deps, createDeps } from './deps.ts';
import { rest } from './rest.ts';
import { startSweeper } from './sweep.ts';

export const createApp = (config: Config, overrides: Partial<Deps> = {}): App => {
  const deps = { ...createDeps(config), ...overrides };
  const stopSweeper = startSweeper(deps);
  const app = createServiceApp(deps, config, rest(deps));
  return {
    ...app,
    close: async () => {
      stopSweeper();
      await app.close();
    },
  };
};
