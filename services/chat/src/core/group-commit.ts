import { databaseError } from '@taar/db';
import type { Draft, Stored } from './insert-messages.ts';

/** Larger batches gain nothing more, and one statement must stay well inside its timeout. */
const maxRows = 100;
/** Two, so that one is parsed and planned while the other waits for the disk. */
const maxInFlight = 2;
const maxTries = 5;

type Waiting = {
  draft: Draft;
  resolve: (stored: Stored) => void;
  reject: (error: unknown) => void;
};
type Insert = (drafts: Draft[]) => Promise<Stored[]>;

// Two processes raced on one clientMessageId, or locked across: the second look sees the first's row.
const isRace = (error: unknown) => {
  const known = databaseError(error);
  return (
    known?.kind === 'unique' ||
    (known?.kind === 'unavailable' && /^(40P01|40001)$/.test(known.code))
  );
};

/** Those that were checked against a membership that is no more, and what they may have doubled. */
const toCheckAgain = (batch: Waiting[], stored: Stored[]): Waiting[] =>
  stored.some(({ outcome }) => outcome === 'stale')
    ? batch.filter((_, i) => ['stale', 'refused'].includes(stored[i]!.outcome))
    : [];

/**
 * Group commit: sends that arrive in the same tick, or while the database is busy with earlier
 * ones, share one statement, one flush to disk and one lock of their chat.
 */
export const createCommit = (insert: Insert) => {
  let queue: Waiting[] = [];
  let inFlight = 0;
  let scheduled = false;
  /** Chats with a batch under way: two at once would race for the order in which things were sent. */
  const busy = new Set<string>();

  const attempt = async (batch: Waiting[], tries = 1): Promise<void> => {
    let stored: Stored[];
    try {
      stored = await insert(batch.map(({ draft }) => draft));
    } catch (error) {
      return meet(error, batch, tries);
    }
    const again = tries < maxTries ? toCheckAgain(batch, stored) : [];
    batch.forEach((waiting, i) => {
      if (!again.includes(waiting)) waiting.resolve(stored[i]!);
    });
    // At once, or what was sent later to the same chat would come before it.
    if (again.length > 0) await attempt(again, tries + 1);
  };

  const meet = async (error: unknown, batch: Waiting[], tries: number): Promise<void> => {
    if (isRace(error) && tries < maxTries) return attempt(batch, tries + 1);
    // One row that the database refuses must not fail its neighbours; an outage fails them all.
    if (batch.length > 1 && databaseError(error)?.kind !== 'unavailable') {
      const half = batch.length >> 1;
      await attempt(batch.slice(0, half));
      return attempt(batch.slice(half));
    }
    for (const { reject } of batch) reject(error);
  };

  const take = (): Waiting[] => {
    const batch: Waiting[] = [];
    queue = queue.filter((waiting) => {
      if (batch.length === maxRows || busy.has(waiting.draft.chatId)) return true;
      batch.push(waiting);
      return false;
    });
    return batch;
  };

  const flush = () => {
    scheduled = false;
    while (inFlight < maxInFlight) {
      const batch = take();
      if (batch.length === 0) return;
      const chats = new Set(batch.map(({ draft }) => draft.chatId));
      inFlight += 1;
      chats.forEach((chatId) => busy.add(chatId));
      void attempt(batch).then(() => {
        inFlight -= 1;
        chats.forEach((chatId) => busy.delete(chatId));
        flush();
      });
    }
  };

  return (draft: Draft): Promise<Stored> =>
    new Promise((resolve, reject) => {
      queue.push({ draft, resolve, reject });
      if (!scheduled) setImmediate(flush);
      scheduled = true;
    });
};
export type CommitMessage = ReturnType<typeof createCommit>;
