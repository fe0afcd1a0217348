import { digestWeight } from '@taar/contracts';
import type { ChatDb } from '@taar/db';
import { changeSeqOf } from './chat-fragments.ts';

/**
 * A number that differs after every change the user may know. Their devices compute the same from
 * what they have, and sync where the two differ.
 */
export const readDigest = async (
  db: Pick<ChatDb, '$queryRaw'>,
  userId: string,
): Promise<number> => {
  const [row] = await db.$queryRaw<{ digest: bigint }[]>`
    SELECT (
      coalesce((
        SELECT user_ver
        FROM user_state
        WHERE user_id = ${userId}::uuid), 0) * ${digestWeight}::bigint
      + coalesce(sum(${changeSeqOf}), 0)
    )::bigint AS digest
    FROM chat_members member
    JOIN chats chat ON chat.id = member.chat_id
    WHERE member.user_id = ${userId}::uuid`;
  return Number(row!.digest);
};
