import type { Message, SendMessage } from '@taar/contracts';
import { mayRetry, retryAfterMs } from './refused.ts';

/** Keeps unsent messages beyond the life of the process. */
export type OutboxStore = {
  load(): Promise<SendMessage[]>;
  add(item: SendMessage): Promise<void>;
  remove(clientMessageId: string): Promise<void>;
};

const retryMs = 500;

type Caller = { resolve: (message: Message) => void; reject: (error: unknown) => void };
type Settings = {
  store: OutboxStore;
  deliver: (item: SendMessage) => Promise<Message>;
  /** Whether the server can be reached. */
  mayFlush: () => boolean;
};

/**
 * Sends each message exactly once over any number of attempts, because it is stored with its
 * `clientMessageId` before the first. Oldest first, one message in flight in each chat.
 */
export const createOutbox = ({ store, deliver, mayFlush }: Settings) => {
  const queues = new Map<string, SendMessage[]>();
  const inFlight = new Set<string>();
  /** Callers of `send`, by `clientMessageId`. Messages loaded from the store have none. */
  const callers = new Map<string, Caller>();
  /** Calls of `send` in progress: a second call with the same id shares the first one's result. */
  const sending = new Map<string, Promise<Message>>();
  const writes = trackPromises();
  let isStopped = false;

  const finish = async (item: SendMessage, answerCaller: (caller: Caller) => void) => {
    await store.remove(item.clientMessageId);
    queues.get(item.chatId)?.shift();
    const caller = callers.get(item.clientMessageId);
    callers.delete(item.clientMessageId);
    if (caller) answerCaller(caller);
  };

  /** Returns the pause before the next attempt. A failure of the store is retried too. */
  const attempt = async (item: SendMessage): Promise<number> => {
    try {
      await finish(item, await deliverOnce(deliver, item));
      return 0;
    } catch (error) {
      return retryAfterMs(error, retryMs);
    }
  };

  const sendNext = (chatId: string) => {
    const [item] = queues.get(chatId) ?? [];
    if (!item || isStopped || inFlight.has(chatId) || !mayFlush()) return;
    inFlight.add(chatId);
    void attempt(item).then((pauseMs) => {
      setTimeout(() => {
        inFlight.delete(chatId);
        sendNext(chatId);
      }, pauseMs);
    });
  };

  const enqueue = (item: SendMessage) => {
    const queue = queues.get(item.chatId) ?? [];
    queues.set(item.chatId, queue);
    queue.push(item);
    sendNext(item.chatId);
  };

  /** Writes follow each other, so that messages are stored and sent in the order of the calls. */
  let lastWrite = writes.track(store.load().then((items) => items.forEach(enqueue)));
  const storeItem = (item: SendMessage): Promise<void> => {
    const write = writes.track(lastWrite.then(() => store.add(item)));
    lastWrite = write.catch(() => undefined);
    return write;
  };

  const start = async (item: SendMessage): Promise<Message> => {
    await storeItem(item);
    return new Promise((resolve, reject) => {
      callers.set(item.clientMessageId, { resolve, reject });
      enqueue(item);
    });
  };

  return {
    send: async (item: SendMessage): Promise<Message> => {
      if (isStopped) throw new Error('This client was stopped.');
      const { clientMessageId: id } = item;
      const result = sending.get(id) ?? start(item).finally(() => sending.delete(id));
      sending.set(id, result);
      return result;
    },
    flush: () => {
      for (const chatId of queues.keys()) sendNext(chatId);
    },
    /** How many messages are unsent; above 0 while the store is being read or written. */
    size: () => [...queues.values()].reduce((sum, queue) => sum + queue.length, writes.size()),
    /** Resolves when another outbox may use the store. */
    stop: async () => {
      isStopped = true;
      await writes.allSettled();
    },
  };
};

/** Answers how to settle the caller's promise; throws when the message may be sent again. */
const deliverOnce = async (
  deliver: Settings['deliver'],
  item: SendMessage,
): Promise<(caller: Caller) => void> => {
  try {
    const message = await deliver(item);
    return ({ resolve }) => resolve(message);
  } catch (error) {
    if (mayRetry(error)) throw error;
    return ({ reject }) => reject(error);
  }
};

const trackPromises = () => {
  const pending = new Set<Promise<unknown>>();
  return {
    track: <T>(task: Promise<T>): Promise<T> => {
      const done = () => pending.delete(task);
      pending.add(task);
      // The caller handles a rejection; this handler only ends the tracking.
      task.then(done, done);
      return task;
    },
    size: () => pending.size,
    allSettled: async () => {
      await Promise.allSettled(pending);
    },
  };
};
