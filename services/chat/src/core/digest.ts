import type { ChatDb } from '@taar/db';
import { changeSeqOf } from './chat-rows.ts';

/** So that a step of the version and steps of chats do not cancel each other out. */
const versionWeight = 1_000_003;

/** A number that every change of mine changes; a client computes the same from what it has. */
export const readDigest = async (
  db: Pick<ChatDb, '$queryRaw'>,
  userId: string,
): Promise<number> => {
  const [row] = await db.$queryRaw<{ digest: bigint }[]>`
    SELECT (coalesce((SELECT user_ver FROM user_state WHERE user_id = ${userId}::uuid), 0) * ${versionWeight}::bigint
      + coalesce(sum(${changeSeqOf}), 0))::bigint AS digest
    FROM chat_members me JOIN chats c ON c.id = me.chat_id
    WHERE me.user_id = ${userId}::uuid`;
  return Number(row!.digest);
};
