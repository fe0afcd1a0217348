import { erasureHandlers } from '@taar/domain/erasure/erasure-jobs';
import { repeat } from '@taar/kit/repeat';
import { createWorker } from '@taar/runtime/outbox/worker';
import { topics } from '@taar/runtime/topics';
import type { Deps } from '../deps.ts';
import { deleteOldCodes } from './delete-old-codes.ts';
import { updateFirebaseAccount } from './update-firebase-account.ts';

const concurrency = 3;
const pollMs = 1_000;
const deleteEveryMs = 60 * 60 * 1_000;

/** Starts the worker of outbox jobs and the regular deletion of old codes. */
export const startJobs = (deps: Deps) => {
  const { db, logger } = deps;
  const worker = createWorker({
    name: 'auth',
    db,
    logger,
    handlers: {
      ...erasureHandlers(db, 'auth'),
      [topics.firebaseAccount]: { handle: (job) => updateFirebaseAccount(deps, job) },
    },
    concurrency,
    pollMs,
  });
  worker.start();
  const stopDeleting = repeat({
    everyMs: deleteEveryMs,
    work: () => deleteOldCodes(deps),
    onError: (error) => logger.warn('Old codes could not be deleted.', { error }),
  });
  return { stop: () => Promise.all([worker.stop(), stopDeleting()]) };
};
