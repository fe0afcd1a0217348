import { eraseWork } from '@taar/domain/erasure/erase';
import { createWorker } from '@taar/runtime/jobs';
import { topics } from '@taar/runtime/topics';
import type { Deps } from '../deps.ts';
import { updateFirebaseAccount } from './update-firebase-account.ts';
import { deleteOldCodes } from './delete-old-codes.ts';
import { repeat } from './repeat.ts';

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
  const forgetting = repeat(forgetEveryMs, logger, () => deleteOldCodes(deps));
  return { stop: () => Promise.all([worker.stop(), forgetting.stop()]) };
};
