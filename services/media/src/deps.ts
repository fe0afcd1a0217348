import type { Worker } from '@taar/runtime/outbox/worker';
import type { ServiceDeps } from '@taar/runtime/service-deps';
import type { Config } from './config.ts';
import type { Storage } from './storage/storage.ts';
import type { Slots, UploadSlots } from './upload/slots.ts';

export type Deps = ServiceDeps<'media'> & {
  config: Config;
  storage: Storage;
  /** Whether the bucket holds an object; a positive answer is remembered for minutes. */
  exists: (key: string) => Promise<boolean>;
  uploadSlots: UploadSlots;
  /** Limits how many uploaded pictures are in memory at the same time. */
  pictureSlots: Slots;
  worker: Worker;
};
