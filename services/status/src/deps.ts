import { type ServiceDeps, createServiceDeps } from '@taar/runtime/service-deps';
import type { Config } from './config.ts';

export type Deps = ServiceDeps<'status'>;

export const createDeps = (config: Config): Deps => createServiceDeps('status', config);
