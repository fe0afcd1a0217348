import { eraseWork } from '@taar/domain/erasure/erase';
import { repeat } from '@taar/kit/repeat';
import { createWorker } from '@taar/runtime/jobs';
import { topics } from '@taar/runtime/topics';
import type { Deps } from '../deps.ts';
import { updateFirebaseAccount } from './update-firebase-account.ts';
import { deleteOldCodes } from './delete-old-codes.ts';

const atOnce = 3;
const pollMs = 1_000;
const forgetEveryMs = 60 * 60 * 1_000;

/** What this service does beside answering. */
export const startJobs = (deps: Deps) => {
  const { db, logger } = deps;
  const worker = createWorker({
    db,
    logger,
    work: {
      ...eraseWork(db, 'auth'),
      [topics.firebaseAccount]: { perform: (job) => updateFirebaseAccount(deps, job) },
    },
    atOnce,
    pollMs,
  });
  worker.poke();
  const stopDeleting = repeat({
    everyMs: forgetEveryMs,
    work: () => deleteOldCodes(deps),
    onError: (error) => logger.warn('Old codes could not be deleted.', { error }),
  });
  return { stop: () => Promise.all([worker.stop(), stopDeleting()]) };
};
