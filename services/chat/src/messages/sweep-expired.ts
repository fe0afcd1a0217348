import { Prisma } from '@taar/db';
import { repeat } from '@taar/kit/repeat';
import { changeChat } from '../core/change-chat.ts';
import { selectMessages } from '../core/select-messages.ts';
import type { MessageRow } from '../core/to-message.ts';
import { tombstoneMessages } from '../core/tombstone-messages.ts';
import type { Deps } from '../deps.ts';

const maxChats = 50;
/** How many expired messages are read to find the chats that hold them. */
const maxRead = 1_000;
/** Tombstones of one transaction, which bounds how long senders wait for the chat's lock. */
const maxMessages = 100;

type Needs = Pick<Deps, 'db' | 'publishCommits' | 'logger'>;

export const startSweeper = (deps: Needs, everyMs: number) =>
  repeat({
    everyMs,
    work: (signal) => sweepExpired(deps, signal),
    onError: (error) => deps.logger.warn('Expired messages could not be read.', { error }),
  });

/**
 * Turns expired messages into tombstones, and answers how many. Reads hide them from their expiry
 * on; the sweep emits events and empties rows. Locked chats, and chats that fail, are skipped.
 */
export const sweepExpired = async (deps: Needs, signal?: AbortSignal): Promise<number> => {
  const done = new Set<string>();
  let total = 0;
  for (;;) {
    const chats = await deps.db.$queryRaw<{ id: string }[]>`${overdueChats([...done])}`;
    if (chats.length === 0) return total;
    const ids = chats.map(({ id }) => id);
    const unlocked = await findUnlocked(deps.db, ids);
    for (const id of ids) {
      if (signal?.aborted) return total;
      const swept = unlocked.has(id) ? await trySweep(deps, id) : 0;
      if (swept < maxMessages) done.add(id);
      total += swept;
    }
  }
};

/** Chats with expired messages, the longest expired first. */
export const overdueChats = (except: string[]) => Prisma.sql`
  SELECT chat_id AS id
  FROM (
    SELECT chat_id, expires_at
    FROM messages
    WHERE deleted_at IS NULL
      AND expires_at <= now()
      AND chat_id <> ALL(${except}::uuid[])
    ORDER BY expires_at
    LIMIT ${maxRead}::int
  ) expired
  GROUP BY chat_id
  ORDER BY min(expires_at)
  LIMIT ${maxChats}::int`;

const findUnlocked = async (db: Needs['db'], ids: string[]): Promise<Set<string>> => {
  const unlocked = await db.$queryRaw<{ id: string }[]>`
    SELECT id
    FROM chats
    WHERE id = ANY(${ids}::uuid[])
    FOR NO KEY UPDATE SKIP LOCKED`;
  return new Set(unlocked.map(({ id }) => id));
};

const trySweep = (deps: Needs, chatId: string): Promise<number> =>
  sweepChat(deps, chatId).catch((error: unknown) => {
    deps.logger.warn('Expired messages of a chat could not be deleted.', { chatId, error });
    return 0;
  });

const sweepChat = (deps: Needs, chatId: string): Promise<number> =>
  changeChat(deps, chatId, async (change) => {
    const rows = await change.tx.$queryRaw<MessageRow[]>`
      ${selectMessages}
      WHERE message.chat_id = ${chatId}::uuid
        AND message.deleted_at IS NULL
        AND message.expires_at <= ${change.chat.at}
      ORDER BY message.expires_at, message.seq
      LIMIT ${maxMessages}::int`;
    if (rows.length > 0) await tombstoneMessages(change, rows, null);
    return rows.length;
  });
