import type { Ask } from './ask.ts';
import { type Database, digestOf } from './database.ts';

type Settings = {
  db: Database;
  ask: Ask;
  /** How long events on their way may take before a digest that differs causes a sync. */
  holdMs: number;
  requestSync: () => void;
};

/** Reports activity at an interval, and syncs when the server's digest differs from its own. */
export const createHeartbeat = ({ db, ask, holdMs, requestSync }: Settings) => {
  let timer: ReturnType<typeof setInterval> | undefined;
  let previousDigest = 0;

  const beat = async () => {
    const { digest } = await ask('last_seen_update', { state: 'active' });
    // `since` did not cover a change in time: the clock of a server may have been set back.
    if (digestOf(db) < previousDigest) db.since = null;
    previousDigest = digest;
    if (digest === digestOf(db)) return;
    await new Promise((resolve) => {
      setTimeout(resolve, holdMs);
    });
    if (digest !== digestOf(db)) requestSync();
  };

  const stop = () => clearInterval(timer);
  return {
    start: (everyMs: number) => {
      stop();
      timer = setInterval(() => {
        // A failed beat is followed by the next one, or by a new connection.
        beat().catch(() => undefined);
      }, everyMs);
    },
    stop,
  };
};
