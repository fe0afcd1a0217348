import { type Worker, createWorker } from '@taar/domain/jobs';
import { purgeChat, purgeTopic } from './chats/purge-chat.ts';
import type { Deps } from './deps.ts';

const atOnce = 2;
const pollMs = 1_000;

/** What this service does beside answering, on whichever node is free. */
export const startJobs = ({ db, logger }: Pick<Deps, 'db' | 'logger'>): Worker => {
  const worker = createWorker({
    db,
    logger,
    work: { [purgeTopic]: { perform: ({ key }) => purgeChat(db, key) } },
    atOnce,
    pollMs,
  });
  worker.poke();
  return worker;
};
