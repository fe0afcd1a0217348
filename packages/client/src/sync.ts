import type { SyncAnswer, SyncRequest } from '@taar/contracts';
import { applyAnswer, settleLost, startOver } from './apply-sync.ts';
import { type Ask, mayRetry, retryAfterMs } from './connection.ts';
import { type Database, chatsToAsk } from './database.ts';
import type { Inbox } from './inbox.ts';

const maxChats = 1_000;
const retryMs = 1_000;

type Settings = {
  db: Database;
  ask: Ask;
  /** How many messages one answer may hold, of one chat and of all. */
  perChat: number;
  budget: number;
  inbox: () => Pick<Inbox, 'pause' | 'resume'>;
  isReady: () => boolean;
  /** The server was restored: its numbers are not those of before. */
  onRestored: () => void;
  onCaughtUp: () => void;
};

/** Fetches what is missing until nothing is. One at a time: more requests make one more run. */
export const createSync = (settings: Settings) => {
  const { db, ask, perChat, budget, inbox, isReady, onRestored, onCaughtUp } = settings;
  let running: Promise<void> | null = null;
  let next: Promise<void> | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const askPage = (page: SyncRequest['chats']): Promise<SyncAnswer> =>
    ask('sync', {
      protocol: 1,
      ...(db.since !== null && { since: db.since }),
      ...(db.userVer !== null && { userVer: db.userVer }),
      chats: page,
      perChat,
      budget,
    });

  const fetchAll = async () => {
    let since: string | null = null;
    let after = '';
    let overlooked = false;
    for (;;) {
      const page = chatsToAsk(db)
        .filter(({ id }) => id > after)
        .slice(0, maxChats);
      const answer = await askPage(page);
      if (db.epoch !== null && answer.epoch !== db.epoch) {
        startOver(db);
        onRestored();
        [since, after, overlooked] = [null, '', false];
        continue;
      }
      since ??= answer.since;
      const isWhole = applyAnswer(db, page, answer);
      // New ones may belong to a page that is done.
      overlooked ||= [...answer.newChats, ...answer.removed].some(({ id }) => id <= after);
      if (answer.hasMore || !isWhole) continue;
      if (page.length === maxChats) after = page.at(-1)!.id;
      else if (overlooked) [after, overlooked] = ['', false];
      else break;
    }
    db.since = since;
    settleLost(db);
  };

  const run = async () => {
    inbox().pause();
    try {
      await fetchAll();
    } finally {
      inbox().resume();
    }
    onCaughtUp();
  };

  /** Resolves when everything that had changed before the call is here. */
  const sync = (): Promise<void> => {
    if (running) next ??= running.catch(() => undefined).then(start);
    return next ?? start();
  };
  const start = (): Promise<void> => {
    next = null;
    running = run().finally(() => (running = null));
    return running;
  };

  const request = () => {
    if (!isReady() || next) return;
    sync().catch((error: unknown) => {
      // Without a connection the next one begins with a sync.
      if (!isReady() || !mayRetry(error)) return;
      clearTimeout(timer);
      timer = setTimeout(request, retryAfterMs(error, retryMs));
    });
  };

  return { sync, request, isRunning: () => running !== null, stop: () => clearTimeout(timer) };
};
