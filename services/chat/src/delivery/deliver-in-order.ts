import { LRUCache } from 'lru-cache';
import type { Commit } from '../core/commit.ts';

/** Wait for an earlier commit of another node. After it the commit counts as lost on the bus. */
const waitMs = 200;
const maxChats = 50_000;

type Queue = {
  /** The change number that is due next. */
  next: number;
  held: Commit[];
  timer: NodeJS.Timeout | undefined;
  delivering: Promise<void>;
};

const first = (commit: Commit) => commit.changes[0]?.changeSeq ?? 0;
const last = (commit: Commit) => commit.changes.at(-1)?.changeSeq ?? 0;

/**
 * Delivers the commits of each chat in the order of `changeSeq`. Commits of two nodes can pass each
 * other on the bus; a client that misses one finds the gap and syncs.
 */
export const createDeliverInOrder = (deliver: (commit: Commit) => Promise<void>) => {
  const queues = new LRUCache<string, Queue>({ max: maxChats });

  const release = (queue: Queue, all: boolean) => {
    queue.held.sort((a, b) => first(a) - first(b));
    while (queue.held[0] && (all || first(queue.held[0]) <= queue.next)) {
      const commit = queue.held.shift()!;
      queue.next = Math.max(queue.next, last(commit) + 1);
      queue.delivering = queue.delivering.then(() => deliver(commit));
    }
    if (queue.held.length > 0) return;
    clearTimeout(queue.timer);
    queue.timer = undefined;
  };

  return (commit: Commit) => {
    const queue = queues.get(commit.chatId) ?? {
      next: first(commit),
      held: [],
      timer: undefined,
      delivering: Promise.resolve(),
    };
    queues.set(commit.chatId, queue);
    queue.held.push(commit);
    release(queue, false);
    if (queue.held.length > 0)
      queue.timer ??= setTimeout(() => {
        queue.timer = undefined;
        release(queue, true);
      }, waitMs);
  };
};
