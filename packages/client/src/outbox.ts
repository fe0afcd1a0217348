import type { Message, SendMessage } from '@taar/contracts';
import { mayRetry, retryAfterMs } from './connection.ts';

/** Where unsent messages outlive the process. */
export type OutboxStore = {
  load(): Promise<SendMessage[]>;
  add(item: SendMessage): Promise<void>;
  remove(clientMessageId: string): Promise<void>;
};

const retryMs = 500;

type Waiting = { resolve: (message: Message) => void; reject: (error: unknown) => void };
type Settings = {
  store: OutboxStore;
  deliver: (item: SendMessage) => Promise<Message>;
  /** Only after a sync: then what was said before is shown before. */
  mayFlush: () => boolean;
};

/**
 * Sends everything once, however often it has to try: the id of a message is stored before its
 * first attempt. The oldest first, one in flight a chat.
 */
export const createOutbox = ({ store, deliver, mayFlush }: Settings) => {
  const queues = new Map<string, SendMessage[]>();
  const inFlight = new Set<string>();
  const waiting = new Map<string, Waiting>();
  /** By the message's id: the same one twice is one. */
  const sendings = new Map<string, Promise<Message>>();
  /** What the disk is busy with. */
  const disk = new Set<Promise<unknown>>();
  let stopped = false;

  const settle = async (item: SendMessage, tell: (waiting: Waiting) => void) => {
    await store.remove(item.clientMessageId);
    queues.get(item.chatId)?.shift();
    const known = waiting.get(item.clientMessageId);
    waiting.delete(item.clientMessageId);
    if (known) tell(known);
  };

  /** How its sending ended; throws where it may yet be sent. */
  const outcomeOf = async (item: SendMessage): Promise<(waiting: Waiting) => void> => {
    try {
      const message = await deliver(item);
      return ({ resolve }) => resolve(message);
    } catch (error) {
      if (mayRetry(error)) throw error;
      return ({ reject }) => reject(error);
    }
  };

  /** Answers how long to wait before the next one; a disk that fails is tried again too. */
  const attempt = async (item: SendMessage): Promise<number> => {
    try {
      await settle(item, await outcomeOf(item));
      return 0;
    } catch (error) {
      return retryAfterMs(error, retryMs);
    }
  };

  const pump = (chatId: string) => {
    const [item] = queues.get(chatId) ?? [];
    if (!item || stopped || inFlight.has(chatId) || !mayFlush()) return;
    inFlight.add(chatId);
    void attempt(item).then((pauseMs) => {
      setTimeout(() => {
        inFlight.delete(chatId);
        pump(chatId);
      }, pauseMs);
    });
  };

  const enqueue = (item: SendMessage) => {
    const queue = queues.get(item.chatId) ?? [];
    queues.set(item.chatId, queue);
    queue.push(item);
    pump(item.chatId);
  };
  const track = <T>(task: Promise<T>): Promise<T> => {
    const done = () => disk.delete(task);
    disk.add(task);
    // Whoever sends is told of a failure.
    task.then(done, done);
    return task;
  };
  /** What is written first is kept and sent first, whatever the store takes for each. */
  let kept = track(store.load().then((items) => items.forEach(enqueue)));
  const keep = (item: SendMessage): Promise<void> => {
    const keeping = track(kept.then(() => store.add(item)));
    kept = keeping.catch(() => undefined);
    return keeping;
  };

  const start = async (item: SendMessage): Promise<Message> => {
    await keep(item);
    return new Promise((resolve, reject) => {
      waiting.set(item.clientMessageId, { resolve, reject });
      enqueue(item);
    });
  };

  return {
    send: async (item: SendMessage): Promise<Message> => {
      if (stopped) throw new Error('This client was stopped.');
      const { clientMessageId: id } = item;
      const sending = sendings.get(id) ?? start(item).finally(() => sendings.delete(id));
      sendings.set(id, sending);
      return sending;
    },
    flush: () => {
      for (const chatId of queues.keys()) pump(chatId);
    },
    /** How much is still to be sent; more than nothing while the disk is still read. */
    size: () => [...queues.values()].reduce((sum, queue) => sum + queue.length, disk.size),
    /** Resolves when another outbox may take over the store. */
    stop: async () => {
      stopped = true;
      await Promise.allSettled(disk);
    },
  };
};
