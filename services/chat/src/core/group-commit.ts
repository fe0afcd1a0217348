import { databaseError } from '@taar/db';
import type { Draft } from './draft.ts';
import type { Stored } from './insert-messages.ts';

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
type StoreBatch = (drafts: Draft[]) => Promise<Stored[]>;
export type StoreMessage = (draft: Draft) => Promise<Stored>;

/**
 * Group commit: sends that arrive in the same tick, or while the database is busy with earlier
 * ones, share one statement, one flush to disk and one lock of their chat.
 */
export const createGroupCommit = (storeBatch: StoreBatch): StoreMessage => {
  let queue: Waiting[] = [];
  let inFlight = 0;
  let scheduled = false;
  /** Chats with a batch in flight: a second one at the same time could store sends out of order. */
  const busy = new Set<string>();

  const takeBatch = (): Waiting[] => {
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
      const batch = takeBatch();
      if (batch.length === 0) return;
      const chats = new Set(batch.map(({ draft }) => draft.chatId));
      inFlight += 1;
      chats.forEach((chatId) => busy.add(chatId));
      void settleBatch(storeBatch, batch).then(() => {
        inFlight -= 1;
        chats.forEach((chatId) => busy.delete(chatId));
        flush();
      });
    }
  };

  return (draft) =>
    new Promise((resolve, reject) => {
      queue.push({ draft, resolve, reject });
      if (!scheduled) setImmediate(flush);
      scheduled = true;
    });
};

/** Stores a batch and answers every send in it. Never rejects. */
const settleBatch = async (storeBatch: StoreBatch, batch: Waiting[], tries = 1): Promise<void> => {
  let stored: Stored[];
  try {
    stored = await storeBatch(batch.map(({ draft }) => draft));
  } catch (error) {
    return handleFailure(storeBatch, batch, tries, error);
  }
  const again = tries < maxTries ? toCheckAgain(batch, stored) : [];
  batch.forEach((waiting, i) => {
    if (!again.includes(waiting)) waiting.resolve(stored[i]!);
  });
  // Before the chat's next batch, so that its sends keep their order.
  if (again.length > 0) await settleBatch(storeBatch, again, tries + 1);
};

const handleFailure = async (
  storeBatch: StoreBatch,
  batch: Waiting[],
  tries: number,
  error: unknown,
): Promise<void> => {
  if (isRace(error) && tries < maxTries) return settleBatch(storeBatch, batch, tries + 1);
  // One row that the database refuses must not fail its neighbours; an outage fails them all.
  if (batch.length > 1 && databaseError(error)?.kind !== 'unavailable') {
    const half = batch.length >> 1;
    await settleBatch(storeBatch, batch.slice(0, half));
    return settleBatch(storeBatch, batch.slice(half));
  }
  for (const { reject } of batch) reject(error);
};

/** Two processes stored one clientMessageId at once, or deadlocked: the next try finds that row. */
const isRace = (error: unknown) => {
  const known = databaseError(error);
  return (
    known?.kind === 'unique' ||
    (known?.kind === 'unavailable' && /^(40P01|40001)$/.test(known.code))
  );
};

/** Sends checked under an old member epoch, and refused sends that may repeat one of them. */
const toCheckAgain = (batch: Waiting[], stored: Stored[]): Waiting[] =>
  stored.some(({ outcome }) => outcome === 'stale')
    ? batch.filter((_, i) => ['stale', 'refused'].includes(stored[i]!.outcome))
    : [];
