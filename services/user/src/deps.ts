import type { Worker } from '@taar/runtime/outbox/worker';
import { type ServiceDeps, createServiceDeps } from '@taar/runtime/service';
import type { Config } from './config.ts';
import { type HashNumber, createHashNumber } from './contacts/hash-number.ts';
import { type Storage, createStorage } from './export/storage.ts';
import { createJobs } from './jobs.ts';

export type Deps = ServiceDeps<'user'> & {
  config: Config;
  hashNumber: HashNumber;
  storage: Storage;
  jobs: Worker;
};

export const createDeps = (config: Config): Deps => {
  const deps = {
    ...createServiceDeps('user', config),
    config,
    hashNumber: createHashNumber(config.CONTACTS_SECRET),
    storage: createStorage(config),
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
