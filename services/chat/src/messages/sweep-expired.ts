import { changeChat } from '../chats/change-chat.ts';
import type { Deps } from '../deps.ts';
import { type MessageRow, selectMessages } from './queries.ts';
import { bury } from './tombstone.ts';

const maxChats = 50;
/** All of one transaction under the chat's lock: a bound to how long senders may wait for it. */
const maxMessages = 100;

type Needs = Pick<Deps, 'db' | 'publish' | 'logger'>;

const sweepChat = (deps: Needs, chatId: string): Promise<number> =>
  changeChat(deps, chatId, async (change) => {
    const rows = await change.tx.$queryRaw<MessageRow[]>`${selectMessages}
      WHERE m.chat_id = ${chatId}::uuid AND m.deleted_at IS NULL AND m.expires_at <= ${change.chat.at}
      ORDER BY m.expires_at, m.seq LIMIT ${maxMessages}::int`;
    if (rows.length > 0) await bury(change, rows, null);
    return rows.length;
  });

/**
 * Makes tombstones of messages whose time is over, and answers of how many. Reads hide them from
 * the very millisecond on; this tells clients and empties the rows. Any node may run it: a chat
 * that another one holds is left to it.
 */
export const sweepExpired = async (deps: Needs): Promise<number> => {
  const chats = await deps.db.$queryRaw<{ id: string }[]>`
    SELECT id FROM chats WHERE id IN (
      SELECT chat_id FROM messages WHERE deleted_at IS NULL AND expires_at <= now()
      GROUP BY chat_id LIMIT ${maxChats}::int) FOR NO KEY UPDATE SKIP LOCKED`;
  let swept = 0;
  for (const { id } of chats)
    swept += await sweepChat(deps, id).catch((error: unknown) => {
      deps.logger.warn('expired messages were not swept', { chatId: id, error });
      return 0;
    });
  return swept;
};

/** Sweeps again and again until told to stop; stopping waits for a sweep that is on its way. */
export const startSweeper = (deps: Needs, everyMs: number) => {
  let running: Promise<unknown> | undefined;
  const sweep = () => {
    running ??= sweepExpired(deps)
      .catch((error: unknown) => deps.logger.warn('expired messages were not found', { error }))
      .finally(() => {
        running = undefined;
      });
  };
  const timer = setInterval(sweep, everyMs);
  return async () => {
    clearInterval(timer);
    await running;
  };
};
