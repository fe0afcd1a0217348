import { applyEvent } from './apply-event.ts';
import type { Database } from './database.ts';
import { type DurableEvent, positionOf } from './events.ts';

const maxHeld = 1_000;

type Settings = {
  db: Database;
  /** How long an event may wait for the ones before it. */
  holdMs: number;
  requestSync: () => void;
  onApplied: (chatId: string) => void;
};

/** Applies live events in the order of their chat's changes, and holds them while a sync runs. */
export const createInbox = ({ db, holdMs, requestSync, onApplied }: Settings) => {
  let held: DurableEvent[] = [];
  let isPaused = false;
  let hasOverflowed = false;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const applyHeld = () => {
    held.sort((a, b) => positionOf(a).changeSeq - positionOf(b).changeSeq);
    held = held.filter((event) => {
      const outcome = applyEvent(db, event);
      if (outcome === 'applied') onApplied(positionOf(event).chatId);
      if (outcome === 'needsSync') requestSync();
      return outcome === 'ahead';
    });
    if (held.length === 0 && !hasOverflowed) {
      clearTimeout(timer);
      timer = undefined;
    } else timer ??= setTimeout(closeGap, holdMs);
  };

  const closeGap = () => {
    timer = undefined;
    hasOverflowed = false;
    requestSync();
  };

  return {
    receive: (event: DurableEvent) => {
      if (held.length >= maxHeld) hasOverflowed = true;
      else held.push(event);
      if (!isPaused) applyHeld();
    },
    pause: () => {
      isPaused = true;
    },
    resume: () => {
      isPaused = false;
      applyHeld();
    },
    /** The server was restored: the held events are numbered by the database of before. */
    clear: () => {
      held = [];
    },
    stop: () => {
      clearTimeout(timer);
      isPaused = true;
    },
  };
};
export type Inbox = ReturnType<typeof createInbox>;
