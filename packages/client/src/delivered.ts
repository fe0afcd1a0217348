import type { Ask } from './connection.ts';
import type { Database } from './database.ts';

const gatherMs = 200;
const maxItems = 1_000;

/** Tells the server up to where this device has each chat, many chats at a time. */
export const createDelivered = (db: Database, ask: Ask, isReady: () => boolean) => {
  const told = new Map<string, number>();
  const dirty = new Set<string>();
  let timer: ReturnType<typeof setTimeout> | undefined;

  const lastSeq = (chatId: string) =>
    Math.max(0, ...[...(db.chats.get(chatId)?.messages.values() ?? [])].map(({ seq }) => seq));

  const flush = async () => {
    timer = undefined;
    if (!isReady()) return;
    const items = [...dirty]
      .slice(0, maxItems)
      .map((chatId) => ({ chatId, upToSeq: lastSeq(chatId) }));
    for (const { chatId } of items) dirty.delete(chatId);
    const news = items.filter(({ chatId, upToSeq }) => upToSeq > (told.get(chatId) ?? 0));
    if (news.length > 0) await ask('message_received', { items: news });
    for (const { chatId, upToSeq } of news) told.set(chatId, upToSeq);
  };

  const schedule = () => {
    timer ??= setTimeout(() => {
      // What is not told now is told with the next message.
      flush().catch(() => undefined);
    }, gatherMs);
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
    stop: () => clearTimeout(timer),
  };
};
