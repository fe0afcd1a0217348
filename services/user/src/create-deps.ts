import { createServiceDeps } from '@taar/runtime/service-deps';
import type { Config } from './config.ts';
import { createHashNumber } from './contacts/hash-number.ts';
import type { Deps } from './deps.ts';
import { createExportStorage } from './export/export-storage.ts';
import { createJobs } from './jobs.ts';

export const createDeps = (config: Config): Deps => {
  const deps = {
    ...createServiceDeps('user', config),
    config,
    hashNumber: createHashNumber(config.CONTACTS_SECRET),
    storage: createExportStorage(config),
  };
  const jobs = createJobs(deps);
  return {
    ...deps,
    jobs,
    stop: async () => {
      await jobs.stop();
      deps.storage.close();
      await deps.stop();
    },
  };
};
