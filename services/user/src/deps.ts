import { type ServiceDeps, createServiceDeps } from '@taar/domain/service';
import type { Config } from './config.ts';

export type Deps = ServiceDeps<'user'>;

export const createDeps = (config: Config): Deps => createServiceDeps('user', config);
