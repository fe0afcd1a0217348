import { erasureHandlers } from '@taar/domain/erasure/erasure-jobs';
import { createWorker } from '@taar/runtime/outbox/worker';
import { collectMediaTopic } from '@taar/domain/media';
import { createServiceDeps } from '@taar/runtime/service-deps';
import type { Config } from './config.ts';
import type { Deps } from './deps.ts';
import { collectMedia } from './processing/collect-media.ts';
import { eraseMedia } from './processing/erase-media.ts';
import { processMedia } from './processing/process-media.ts';
import { processMediaTopic } from './processing/topics.ts';
import { createExists } from './storage/exists.ts';
import { isBrokenStream } from './storage/failures.ts';
import { createStorage } from './storage/storage.ts';
import { createSlots, createUploadSlots } from './upload/slots.ts';

export const createDeps = (config: Config): Deps => {
  const service = createServiceDeps('media', config);
  const { db, logger } = service;
  const storage = createStorage(config, logger);
  const uploadSlots = createUploadSlots(config);
  const processing = { ...service, config, storage };
  const worker = createWorker({
    db,
    logger,
    name: 'media',
    concurrency: config.JOBS_AT_ONCE,
    pollMs: config.JOBS_POLL_MS,
    handlers: {
      [processMediaTopic]: processMedia(processing),
      [collectMediaTopic]: { handle: collectMedia(processing) },
      ...erasureHandlers(db, 'media', eraseMedia(db)),
    },
  });
  return {
    ...service,
    config,
    storage,
    exists: createExists(storage),
    uploadSlots,
    pictureSlots: createSlots(config.JOBS_AT_ONCE),
    worker,
    isUnavailable: (thrown) => service.isUnavailable(thrown) || isBrokenStream(thrown),
    stop: async () => {
      await uploadSlots.settled();
      await worker.stop();
      storage.close();
      await service.stop();
    },
  };
};
