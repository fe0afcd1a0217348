import { type ServiceDeps, createServiceDeps } from '@taar/domain/service';
import type { Config } from './config.ts';
import { type Storage, createStorage } from './storage/storage.ts';

export type Deps = ServiceDeps<'media'> & { storage: Storage };

export const createDeps = (config: Config): Deps => ({
  ...createServiceDeps('media', config),
  storage: createStorage(config),
});
