import { type Worker, createWorker } from '@taar/runtime/jobs';
import { topics } from '@taar/runtime/topics';
import { matchContacts } from './contacts/match-contacts.ts';
import { eraseUser, recordErasure } from './deletion/erase-user.ts';
import type { Deps } from './deps.ts';
import { buildExport, expireExport, expiryTopic, failExport } from './export/build-export.ts';
import { exportTopic } from './export/create-export.ts';

const atOnce = 3;
const pollMs = 1_000;

/** Works the outbox jobs of the topics that user owns. */
export const createJobs = (deps: Omit<Deps, 'jobs' | 'stop'>): Worker =>
  createWorker({
    db: deps.db,
    logger: deps.logger,
    work: {
      [topics.matchContacts]: { perform: ({ key }) => matchContacts(deps, key) },
      [topics.eraseUser]: { perform: (job) => eraseUser(deps, job) },
      [topics.userErased]: { perform: (job) => recordErasure(deps, job) },
      [exportTopic]: {
        perform: ({ key }) => buildExport(deps, key),
        giveUp: ({ key }) => failExport(deps, key),
      },
      [expiryTopic]: { perform: ({ key }) => expireExport(deps, key) },
    },
    atOnce,
    pollMs,
  });
