import { applyEvent } from './apply.ts';
import type { Database } from './database.ts';
import { type Durable, positionOf } from './events.ts';

const maxWaiting = 1_000;

type Settings = {
  db: Database;
  /** How long an event may wait for the ones before it. */
  holdMs: number;
  requestSync: () => void;
  onApplied: (chatId: string) => void;
};

/** Applies live events in the order of their chat's changes; holds them while a sync runs. */
export const createInbox = ({ db, holdMs, requestSync, onApplied }: Settings) => {
  let waiting: Durable[] = [];
  let paused = false;
  let overflowed = false;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const wait = (told: Durable) => {
    if (waiting.length >= maxWaiting) overflowed = true;
    else waiting.push(told);
  };

  /** Goes through what waits until nothing more can be applied. */
  const settle = () => {
    waiting.sort((a, b) => positionOf(a).changeSeq - positionOf(b).changeSeq);
    waiting = waiting.filter((told) => {
      const outcome = applyEvent(db, told);
      if (outcome === 'applied') onApplied(positionOf(told).chatId);
      if (outcome === 'unclear') requestSync();
      return outcome === 'ahead';
    });
    if (waiting.length === 0 && !overflowed) {
      clearTimeout(timer);
      timer = undefined;
    } else
      timer ??= setTimeout(() => {
        timer = undefined;
        overflowed = false;
        requestSync();
      }, holdMs);
  };

  return {
    receive: (told: Durable) => {
      wait(told);
      if (!paused) settle();
    },
    pause: () => {
      paused = true;
    },
    resume: () => {
      paused = false;
      settle();
    },
    /** What waits is of another database than what will be told. */
    clear: () => {
      waiting = [];
    },
    stop: () => {
      clearTimeout(timer);
      paused = true;
    },
  };
};
export type Inbox = ReturnType<typeof createInbox>;
