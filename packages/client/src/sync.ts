import type { SyncAnswer, SyncRequest } from '@taar/contracts';
import { type AnswerSize, createAnswerSize } from './answer-size.ts';
import { applyAnswer, collectLost, resetDatabase } from './apply-sync.ts';
import type { Ask } from './ask.ts';
import { protocolVersion, syncSizes } from './contract.ts';
import { type Database, chatPositions } from './database.ts';
import type { Inbox } from './inbox.ts';
import { Refused, mayRetry, retryAfterMs } from './refused.ts';

const retryMs = 1_000;
/** An answer that comes later than an ack should is still used. */
const patience = 3;
/** Of one chat in a request, which must be small on a slow link too. */
const bytesPerPosition = 64;

type Settings = {
  db: Database;
  ask: Ask;
  ackMs: number;
  /** The most messages in one answer: of one chat, and of all. */
  perChat: number;
  budget: number;
  inbox: () => Pick<Inbox, 'pause' | 'resume'>;
  isReady: () => boolean;
  /** The server was restored from a backup: all numbers known so far are void. */
  onRestored: () => void;
  onCaughtUp: () => void;
};

/** Fetches missing changes until none is left. Requests during a run cause one more run. */
export const createSync = (settings: Settings) => {
  const { inbox, isReady, onCaughtUp } = settings;
  let running: Promise<void> | null = null;
  let next: Promise<void> | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const answerSize = createAnswerSize(settings.ackMs);

  const run = async () => {
    inbox().pause();
    try {
      await fetchAll(settings, answerSize);
    } finally {
      inbox().resume();
    }
    onCaughtUp();
  };
  const start = (): Promise<void> => {
    next = null;
    running = run().finally(() => (running = null));
    return running;
  };
  const sync = (): Promise<void> => {
    if (running) next ??= running.catch(() => undefined).then(start);
    return next ?? start();
  };

  const request = () => {
    if (!isReady() || next) return;
    sync().catch((error: unknown) => {
      // A lost connection needs no retry: the next connection begins with a sync.
      if (!isReady() || !mayRetry(error)) return;
      clearTimeout(timer);
      timer = setTimeout(request, retryAfterMs(error, retryMs));
    });
  };

  return {
    /** Resolves when every change committed before the call is stored here. */
    sync,
    /** Syncs in the background and retries after a failure. */
    request,
    stop: () => clearTimeout(timer),
  };
};

const fetchAll = async (settings: Settings, answerSize: AnswerSize) => {
  const { db, onRestored } = settings;
  let since: string | null = null;
  let afterId = '';
  /** A chat appeared whose page was fetched before. */
  let mustStartAgain = false;
  for (;;) {
    const mostChats = Math.min(syncSizes.chats, answerSize.maxBytes() / bytesPerPosition);
    const page = chatPositions(db)
      .filter(({ id }) => id > afterId)
      .slice(0, mostChats);
    const answer = await askPage(settings, answerSize, page);
    if (db.epoch !== null && answer.epoch !== db.epoch) {
      resetDatabase(db);
      onRestored();
      [since, afterId, mustStartAgain] = [null, '', false];
      continue;
    }
    since ??= answer.since;
    const isComplete = applyAnswer(db, page, answer);
    mustStartAgain ||= [...answer.newChats, ...answer.removed].some(({ id }) => id <= afterId);
    if (answer.hasMore || !isComplete) continue;
    if (page.length === mostChats) afterId = page.at(-1)!.id;
    else if (mustStartAgain) [afterId, mustStartAgain] = ['', false];
    else break;
  }
  db.since = since;
  collectLost(db);
};

const askPage = async (
  { db, ask, ackMs, perChat, budget }: Settings,
  answerSize: AnswerSize,
  chats: SyncRequest['chats'],
): Promise<SyncAnswer> => {
  const request = {
    protocol: protocolVersion,
    ...(db.since !== null && { since: db.since }),
    ...(db.userVer !== null && { userVer: db.userVer }),
    chats,
    perChat,
    budget,
    maxBytes: answerSize.maxBytes(),
  };
  const askedAt = performance.now();
  try {
    const answer = await ask('sync', request, patience * ackMs);
    answerSize.recordAnswer(performance.now() - askedAt, answer.hasMore);
    return answer;
  } catch (error) {
    if (!(error instanceof Refused)) answerSize.recordFailure();
    throw error;
  }
};
