import { Prisma } from '@taar/db';
import { repeat } from '@taar/kit/repeat';
import { changeChat } from '../core/change-chat.ts';
import type { Deps } from '../deps.ts';
import { type MessageRow, selectMessages } from '../core/message-rows.ts';
import { tombstoneMessages } from '../core/tombstone-messages.ts';

const maxChats = 50;
/** Messages among which the next chats are looked for. */
const maxLook = 1_000;
/** All of one transaction under the chat's lock: a bound to how long senders may wait for it. */
const maxMessages = 100;

type Needs = Pick<Deps, 'db' | 'publishCommits' | 'logger'>;

const sweepChat = (deps: Needs, chatId: string): Promise<number> =>
  changeChat(deps, chatId, async (change) => {
    const rows = await change.tx.$queryRaw<MessageRow[]>`${selectMessages}
      WHERE m.chat_id = ${chatId}::uuid AND m.deleted_at IS NULL AND m.expires_at <= ${change.chat.at}
      ORDER BY m.expires_at, m.seq LIMIT ${maxMessages}::int`;
    if (rows.length > 0) await tombstoneMessages(change, rows, null);
    return rows.length;
  });

const trySweep = (deps: Needs, chatId: string): Promise<number> =>
  sweepChat(deps, chatId).catch((error: unknown) => {
    deps.logger.warn('expired messages were not swept', { chatId, error });
    return 0;
  });

/** Chats with messages whose time is over, for the longest first; but for these. */
export const overdue = (but: string[]) => Prisma.sql`
  SELECT chat_id AS id FROM (
    SELECT chat_id, expires_at FROM messages
    WHERE deleted_at IS NULL AND expires_at <= now() AND chat_id <> ALL(${but}::uuid[])
    ORDER BY expires_at LIMIT ${maxLook}::int) m
  GROUP BY chat_id ORDER BY min(expires_at) LIMIT ${maxChats}::int`;

// What another one holds is left to it.
const findFree = async (db: Needs['db'], ids: string[]): Promise<Set<string>> => {
  const free = await db.$queryRaw<{ id: string }[]>`
    SELECT id FROM chats WHERE id = ANY(${ids}::uuid[]) FOR NO KEY UPDATE SKIP LOCKED`;
  return new Set(free.map(({ id }) => id));
};

/**
 * Makes tombstones of messages whose time is over, and answers of how many. Reads hide them from
 * the very millisecond on; this tells clients and empties the rows. Any node may run it. Chats
 * that are held, or fail, are passed over, so that they keep no other one waiting.
 */
export const sweepExpired = async (deps: Needs, signal?: AbortSignal): Promise<number> => {
  const done = new Set<string>();
  let total = 0;
  for (;;) {
    const chats = await deps.db.$queryRaw<{ id: string }[]>`${overdue([...done])}`;
    if (chats.length === 0) return total;
    const free = await findFree(
      deps.db,
      chats.map(({ id }) => id),
    );
    for (const { id } of chats) {
      if (signal?.aborted) return total;
      const swept = free.has(id) ? await trySweep(deps, id) : 0;
      if (swept < maxMessages) done.add(id);
      total += swept;
    }
  }
};

export const startSweeper = (deps: Needs, everyMs: number) =>
  repeat({
    everyMs,
    work: (signal) => sweepExpired(deps, signal),
    onError: (error) => deps.logger.warn('Expired messages could not be read.', { error }),
  });
