import { eraseWork } from '@taar/domain/erasure/erase';
import { type Worker, createWorker } from '@taar/runtime/jobs';
import { collectMediaTopic } from '@taar/domain/media';
import { type ServiceDeps, createServiceDeps } from '@taar/runtime/service';
import type { Config } from './config.ts';
import { type Gate, createGate } from './gate.ts';
import { collectMedia } from './processing/collect-media.ts';
import { eraseMedia } from './processing/erase-media.ts';
import { processMedia } from './processing/process-media.ts';
import { processTopic } from './processing/topics.ts';
import { createExists } from './storage/exists.ts';
import { isBrokenStream } from './storage/failures.ts';
import { type Storage, createStorage } from './storage/storage.ts';
import { type Slots, createSlots } from './upload/slots.ts';

export type Deps = ServiceDeps<'media'> & {
  config: Config;
  storage: Storage;
  exists: (key: string) => Promise<boolean>;
  slots: Slots;
  /** Pictures in memory while they are looked at. */
  inspecting: Gate;
  worker: Worker;
};

export const createDeps = (config: Config): Deps => {
  const service = createServiceDeps('media', config);
  const { db, logger } = service;
  const storage = createStorage(config, logger);
  const slots = createSlots(config);
  const processing = { ...service, config, storage };
  const worker = createWorker({
    db,
    logger,
    atOnce: config.JOBS_AT_ONCE,
    pollMs: config.JOBS_POLL_MS,
    work: {
      [processTopic]: processMedia(processing),
      [collectMediaTopic]: { perform: collectMedia(processing) },
      ...eraseWork(db, 'media', eraseMedia(db)),
    },
  });
  return {
    ...service,
    config,
    storage,
    exists: createExists(storage),
    slots,
    inspecting: createGate(config.JOBS_AT_ONCE),
    worker,
    isUnavailable: (thrown) => service.isUnavailable(thrown) || isBrokenStream(thrown),
    stop: async () => {
      await slots.settled();
      await worker.stop();
      storage.close();
      await service.stop();
    },
  };
};
