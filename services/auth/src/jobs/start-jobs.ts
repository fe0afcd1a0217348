import { erasureHandlers } from '@taar/domain/erasure/erasure-jobs';
import { repeat } from '@taar/kit/repeat';
import { createWorker } from '@taar/runtime/outbox/worker';
import { topics } from '@taar/runtime/topics';
import type { Deps } from '../deps.ts';
import { updateFirebaseAccount } from './update-firebase-account.ts';
import { deleteOldCodes } from './delete-old-codes.ts';

const concurrency = 3;
const pollMs = 1_000;
const forgetEveryMs = 60 * 60 * 1_000;

/** Starts the work that no request waits for. */
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
    everyMs: forgetEveryMs,
    work: () => deleteOldCodes(deps),
    onError: (error) => logger.warn('Old codes could not be deleted.', { error }),
  });
  return { stop: () => Promise.all([worker.stop(), stopDeleting()]) };
};
