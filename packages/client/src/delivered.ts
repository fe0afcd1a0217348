import type { Ask } from './connection.ts';
import type { Database } from './database.ts';

const gatherMs = 200;
const maxItems = 1_000;

/** Tells the server up to where this device has each chat, many chats at a time. */
export const createDelivered = (db: Database, ask: Ask, isReady: () => boolean) => {
  const told = new Map<string, number>();
  const dirty = new Set<string>();
  let timer: ReturnType<typeof setTimeout> | undefined;

  const lastSeq = (chatId: string) => {
    let last = 0;
    for (const { seq } of db.chats.get(chatId)?.messages.values() ?? []) last = Math.max(last, seq);
    return last;
  };

  const tell = async (chatIds: string[]) => {
    const items = chatIds.map((chatId) => ({ chatId, upToSeq: lastSeq(chatId) }));
    const news = items.filter(({ chatId, upToSeq }) => upToSeq > (told.get(chatId) ?? 0));
    if (news.length > 0) await ask('message_received', { items: news });
    for (const { chatId, upToSeq } of news) told.set(chatId, upToSeq);
  };

  const flush = async () => {
    timer = undefined;
    if (!isReady()) return;
    const chatIds = [...dirty].slice(0, maxItems);
    for (const chatId of chatIds) dirty.delete(chatId);
    try {
      await tell(chatIds);
    } catch {
      // Told with the next message, or the next connection.
      for (const chatId of chatIds) dirty.add(chatId);
      return;
    }
    if (dirty.size > 0) schedule();
  };

  const schedule = () => {
    timer ??= setTimeout(() => void flush(), gatherMs);
  };

  return {
    note: (chatId: string) => {
      dirty.add(chatId);
      schedule();
    },
    noteAll: () => {
      for (const chatId of db.chats.keys()) dirty.add(chatId);
      schedule();
    },
    /** The numbers of before are of another database. */
    forget: () => told.clear(),
    stop: () => clearTimeout(timer),
  };
};
