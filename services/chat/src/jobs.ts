import { eraseWork } from '@taar/domain/erasure/erase';
import { type Worker, createWorker } from '@taar/runtime/jobs';
import { topics } from '@taar/runtime/topics';
import { dropPicture } from './chats/drop-picture.ts';
import { purgeChat, purgeTopic } from './core/purge-chat.ts';
import type { Deps } from './deps.ts';
import { eraseFromChats } from './leaving/erase-from-chats.ts';

const atOnce = 2;
const pollMs = 1_000;

/** What this service does beside answering, on whichever node is free. */
export const startJobs = (
  deps: Pick<Deps, 'db' | 'logger' | 'publishCommits' | 'presence'>,
): Worker => {
  const { db, logger, presence } = deps;
  const worker = createWorker({
    db,
    logger,
    work: {
      [purgeTopic]: { perform: ({ key }) => purgeChat(db, key) },
      [topics.dropPicture]: { perform: ({ key }) => dropPicture(deps, key) },
      [topics.showLastSeen]: { perform: presence.showChange },
      [topics.hidePresence]: { perform: presence.hide },
      ...eraseWork(db, 'chat', eraseFromChats(deps)),
    },
    atOnce,
    pollMs,
  });
  worker.poke();
  return worker;
};
