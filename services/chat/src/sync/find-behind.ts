import type { SyncRequest } from '@taar/contracts';
import type { ChatDb } from '@taar/db';
import { changeSeqOf } from '../core/chat-fragments.ts';
import type { Behind } from '../core/read-changes.ts';

/** Chats of the request that have changed since the client knew them, the latest first. */
export const findBehind = async (
  db: Pick<ChatDb, '$queryRaw'>,
  userId: string,
  known: SyncRequest['chats'],
  since: Date | null,
): Promise<Behind[]> => {
  if (known.length === 0) return [];
  const rows = await db.$queryRaw<{ id: string; known: bigint; target: bigint }[]>`
    SELECT *
    FROM (
      SELECT DISTINCT ON (wanted.id)
        wanted.id,
        wanted.known,
        ${changeSeqOf} AS target,
        chat.last_change_at
      FROM unnest(
        ${known.map(({ id }) => id)}::uuid[],
        ${known.map((chat) => chat.changeSeq)}::bigint[]
      ) AS wanted (id, known)
      JOIN chat_members member ON member.chat_id = wanted.id
        AND member.user_id = ${userId}::uuid
      JOIN chats chat ON chat.id = wanted.id
      WHERE wanted.known = 0
        OR coalesce(chat.last_change_at >= ${since}::timestamptz, true)
      ORDER BY wanted.id, wanted.known
    ) compared
    WHERE known < target
    ORDER BY last_change_at DESC`;
  return rows.map(({ id, known: knownSeq, target }) => ({
    id,
    known: Number(knownSeq),
    target: Number(target),
  }));
};

/** The first chats whose changes fit the budget of messages; at least one chat. */
export const withinBudget = (behind: Behind[], perChat: number, budget: number): Behind[] => {
  let left = budget;
  return behind.filter(({ known, target }, i) => {
    left -= Math.min(perChat, target - known);
    return i === 0 || left >= 0;
  });
};
