import type { Worker } from '@taar/runtime/outbox/worker';
import type { ServiceDeps } from '@taar/runtime/service-deps';
import type { Config } from './config.ts';
import type { HashNumber } from './contacts/hash-number.ts';
import type { ExportStorage } from './export/export-storage.ts';

export type Deps = ServiceDeps<'user'> & {
  config: Config;
  hashNumber: HashNumber;
  storage: ExportStorage;
  jobs: Worker;
};
