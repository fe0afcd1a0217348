import { databaseError } from '@taar/db';
import type { Draft, Stored } from './insert.ts';

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

/**
 * Group commit: sends that arrive in the same tick, or while the database is busy with earlier
 * ones, share one statement, one flush to disk and one lock of their chat.
 */
export const createCommit = (insert: Insert) => {
  const queue: Waiting[] = [];
  let inFlight = 0;

  const attempt = async (batch: Waiting[], tries = 1): Promise<void> => {
    try {
      const stored = await insert(batch.map(({ draft }) => draft));
      batch.forEach(({ resolve }, i) => resolve(stored[i]!));
    } catch (error) {
      if (isRace(error) && tries < maxTries) return attempt(batch, tries + 1);
      // One row that the database refuses must not fail its neighbours; an outage fails them all.
      if (batch.length > 1 && databaseError(error)?.kind !== 'unavailable') {
        const half = batch.length >> 1;
        await Promise.all([attempt(batch.slice(0, half)), attempt(batch.slice(half))]);
        return;
      }
      for (const { reject } of batch) reject(error);
    }
  };

  const flush = () => {
    while (queue.length > 0 && inFlight < maxInFlight) {
      inFlight += 1;
      void attempt(queue.splice(0, maxRows)).then(() => {
        inFlight -= 1;
        flush();
      });
    }
  };

  return (draft: Draft): Promise<Stored> =>
    new Promise((resolve, reject) => {
      queue.push({ draft, resolve, reject });
      if (queue.length === 1) setImmediate(flush);
    });
};
export type CommitMessage = ReturnType<typeof createCommit>;
