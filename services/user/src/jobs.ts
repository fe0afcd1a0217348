import { type Worker, createWorker } from '@taar/runtime/outbox/worker';
import { untilErased } from '@taar/domain/erasure/erasure-jobs';
import { topics } from '@taar/runtime/topics';
import { matchContacts } from './contacts/match-contacts.ts';
import { eraseUser, recordErasure } from './deletion/erase-user.ts';
import type { Deps } from './deps.ts';
import { buildExport, expireExport, expiryTopic, failExport } from './export/build-export.ts';
import { exportTopic } from './export/create-export.ts';

const concurrency = 3;
const pollMs = 1_000;

/** Works the outbox jobs of the topics that user owns. */
export const createJobs = (deps: Omit<Deps, 'jobs' | 'stop'>): Worker =>
  createWorker({
    name: 'user',
    db: deps.db,
    logger: deps.logger,
    handlers: {
      [topics.matchContacts]: { handle: ({ key }) => matchContacts(deps, key) },
      [topics.eraseUser]: untilErased(deps.db, (job) => eraseUser(deps, job)),
      [topics.userErased]: untilErased(deps.db, (job) => recordErasure(deps, job)),
      [exportTopic]: {
        handle: ({ key }) => buildExport(deps, key),
        onDeadLetter: ({ key }) => failExport(deps, key),
      },
      [expiryTopic]: { handle: ({ key }) => expireExport(deps, key) },
    },
    concurrency,
    pollMs,
  });
