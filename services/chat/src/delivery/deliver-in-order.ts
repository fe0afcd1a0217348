import { LRUCache } from 'lru-cache';
import type { Commit } from '../core/commit.ts';

/** Two nodes' commits cross on the bus; one that never comes is the client's to ask for. */
const waitMs = 200;
const maxChats = 50_000;

type Line = {
  next: number;
  held: Commit[];
  timer: NodeJS.Timeout | undefined;
  tail: Promise<void>;
};

const first = (commit: Commit) => commit.changes[0]?.changeSeq ?? 0;
const last = (commit: Commit) => commit.changes.at(-1)?.changeSeq ?? 0;

/** Lets the commits of each chat through one after another in the order of `changeSeq`. */
export const createDeliverInOrder = (deliver: (commit: Commit) => Promise<void>) => {
  const lines = new LRUCache<string, Line>({ max: maxChats });

  const release = (line: Line, all: boolean) => {
    line.held.sort((a, b) => first(a) - first(b));
    while (line.held[0] && (all || first(line.held[0]) <= line.next)) {
      const commit = line.held.shift()!;
      line.next = Math.max(line.next, last(commit) + 1);
      line.tail = line.tail.then(() => deliver(commit));
    }
    if (line.held.length > 0) return;
    clearTimeout(line.timer);
    line.timer = undefined;
  };

  return (commit: Commit) => {
    const line = lines.get(commit.chatId) ?? {
      next: first(commit),
      held: [],
      timer: undefined,
      tail: Promise.resolve(),
    };
    lines.set(commit.chatId, line);
    line.held.push(commit);
    release(line, false);
    if (line.held.length > 0)
      line.timer ??= setTimeout(() => {
        line.timer = undefined;
        release(line, true);
      }, waitMs);
  };
};
