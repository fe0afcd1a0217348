import { erasureHandlers } from '@taar/domain/erasure/erasure-jobs';
import { type Worker, createWorker } from '@taar/runtime/outbox/worker';
import { topics } from '@taar/runtime/topics';
import { dropPicture } from './chats/drop-picture.ts';
import { purgeChat, purgeTopic } from './core/purge-chat.ts';
import type { Deps } from './deps.ts';
import { eraseFromChats } from './leaving/erase-from-chats.ts';

const concurrency = 2;
const pollMs = 1_000;

/** Starts the worker of the service's jobs. The nodes share the jobs. */
export const startJobs = (
  deps: Pick<Deps, 'db' | 'logger' | 'publishCommits' | 'presence'>,
): Worker => {
  const { db, logger, presence } = deps;
  const worker = createWorker({
    name: 'chat',
    db,
    logger,
    handlers: {
      [purgeTopic]: { handle: ({ key }) => purgeChat(db, key) },
      [topics.dropPicture]: { handle: ({ key }) => dropPicture(deps, key) },
      [topics.showLastSeen]: { handle: presence.showChange },
      [topics.hidePresence]: { handle: presence.hide },
      ...erasureHandlers(db, 'chat', eraseFromChats(deps)),
    },
    concurrency,
    pollMs,
  });
  worker.start();
  return worker;
};
