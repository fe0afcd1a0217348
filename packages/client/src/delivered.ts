import type { Ask } from './ask.ts';
import { maxDeliveredChats } from './contract.ts';
import type { Database } from './database.ts';

const gatherMs = 200;

/** Reports the delivered watermark of each chat to the server, many chats in one event. */
export const createDelivered = (db: Database, ask: Ask, isReady: () => boolean) => {
  const reported = new Map<string, number>();
  const pending = new Set<string>();
  let timer: ReturnType<typeof setTimeout> | undefined;

  const report = async (chatIds: string[]) => {
    const items = chatIds
      .map((chatId) => ({ chatId, upToSeq: lastSeqOf(db, chatId) }))
      .filter(({ chatId, upToSeq }) => upToSeq > (reported.get(chatId) ?? 0));
    if (items.length > 0) await ask('message_received', { items });
    for (const { chatId, upToSeq } of items) reported.set(chatId, upToSeq);
  };

  const flush = async () => {
    timer = undefined;
    if (!isReady()) return;
    const chatIds = [...pending].slice(0, maxDeliveredChats);
    for (const chatId of chatIds) pending.delete(chatId);
    try {
      await report(chatIds);
    } catch {
      // The next message or the next connection reports them again.
      for (const chatId of chatIds) pending.add(chatId);
      return;
    }
    if (pending.size > 0) schedule();
  };

  const schedule = () => {
    timer ??= setTimeout(() => void flush(), gatherMs);
  };

  return {
    note: (chatId: string) => {
      pending.add(chatId);
      schedule();
    },
    noteAll: () => {
      for (const chatId of db.chats.keys()) pending.add(chatId);
      schedule();
    },
    /** The server was restored: it no longer has the watermarks reported before. */
    forget: () => reported.clear(),
    stop: () => clearTimeout(timer),
  };
};

const lastSeqOf = (db: Database, chatId: string) => {
  let last = 0;
  for (const { seq } of db.chats.get(chatId)?.messages.values() ?? []) last = Math.max(last, seq);
  return last;
};
