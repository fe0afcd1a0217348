import { eraseWork } from '@taar/domain/erasure/erase';
import { createWorker } from '@taar/domain/jobs';
import type { Deps } from '../deps.ts';
import { followAccounts } from './firebase-accounts.ts';
import { forgetCodes } from './forget-codes.ts';
import { repeat } from './repeat.ts';

const accountsEveryMs = 5_000;
const erasuresEveryMs = 1_000;
const codesEveryMs = 60 * 60 * 1_000;

/** What this service does beside answering. */
export const startJobs = (deps: Deps) => {
  const { db, logger } = deps;
  const erasures = createWorker({
    db,
    logger,
    work: eraseWork(db, 'auth'),
    atOnce: 1,
    pollMs: erasuresEveryMs,
  });
  erasures.poke();
  const jobs = [
    erasures,
    repeat(accountsEveryMs, deps.logger, () => followAccounts(deps)),
    repeat(codesEveryMs, deps.logger, () => forgetCodes(deps)),
  ];
  return { stop: () => Promise.all(jobs.map((job) => job.stop())) };
};
