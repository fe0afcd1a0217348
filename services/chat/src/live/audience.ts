import type { ChatDb } from '@taar/db';
import { LRUCache } from 'lru-cache';

const cacheMs = 5_000;
const maxKnown = 20_000;

/** Who may see somebody type in a chat. Nobody does across a block. */
export type Audience = { isGroup: boolean; peerId: string | null; blocked: string[] };

const find = async (db: Pick<ChatDb, '$queryRaw'>, userId: string, chatId: string) => {
  const [row] = await db.$queryRaw<Audience[]>`
    SELECT c.is_group AS "isGroup",
      CASE WHEN NOT c.is_group THEN (SELECT o.user_id FROM chat_members o
        WHERE o.chat_id = c.id AND o.user_id <> me.user_id) END AS "peerId",
      ARRAY(SELECT o.user_id FROM blocks b JOIN chat_members o ON o.chat_id = c.id
          AND o.user_id = CASE b.blocker_id WHEN me.user_id THEN b.blocked_id ELSE b.blocker_id END
        WHERE me.user_id IN (b.blocker_id, b.blocked_id)) AS blocked
    FROM chat_members me JOIN chats c ON c.id = me.chat_id
    WHERE me.chat_id = ${chatId}::uuid AND me.user_id = ${userId}::uuid AND me.left_at IS NULL
      AND c.closed_at IS NULL`;
  return row ?? null;
};

/** Remembers audiences for a moment: somebody who types says so every few seconds. */
export const createAudiences = (db: Pick<ChatDb, '$queryRaw'>) => {
  const known = new LRUCache<string, Promise<Audience | null>>({ max: maxKnown, ttl: cacheMs });
  return (userId: string, chatId: string): Promise<Audience | null> => {
    const key = `${userId}:${chatId}`;
    const cached = known.get(key);
    if (cached) return cached;
    const finding = find(db, userId, chatId);
    known.set(key, finding);
    finding.catch(() => known.delete(key));
    return finding;
  };
};
