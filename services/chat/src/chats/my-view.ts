import type { Input, chatRest } from '@taar/contracts';
import { bumpUserVersion } from '@taar/domain/user-version';
import type { ChatTx } from '../core/change-chat.ts';

export type MyView = NonNullable<Input<typeof chatRest.updateChat>['my']>;

/** The latest time that the contract can state. */
const forever = '9999-12-31T23:59:59.999Z';

const bumpVersion = async (tx: ChatTx, chatId: string, userId: string): Promise<number> => {
  const userVer = await bumpUserVersion(tx, userId);
  await tx.chatMember.update({
    where: { chatId_userId: { chatId, userId } },
    data: { userVer },
  });
  return userVer;
};

/**
 * Changes the member's private view of a chat. Returns the new private version, by which the
 * member's devices find the change.
 */
export const setMyView = async (
  tx: ChatTx,
  chatId: string,
  userId: string,
  { mutedUntil, pinned, archived, markedUnread }: MyView,
): Promise<number> => {
  const until = mutedUntil === 'forever' ? forever : (mutedUntil ?? null);
  await tx.$executeRaw`
    UPDATE chat_members
    SET
      muted_until = CASE
        WHEN ${mutedUntil === undefined} THEN muted_until
        ELSE ${until}::timestamptz
      END,
      pinned_at = CASE ${pinned ?? null}::boolean
        WHEN true THEN coalesce(pinned_at, clock_timestamp())
        WHEN false THEN NULL
        ELSE pinned_at
      END,
      archived_at = CASE ${archived ?? null}::boolean
        WHEN true THEN coalesce(archived_at, clock_timestamp())
        WHEN false THEN NULL
        ELSE archived_at
      END,
      marked_unread = coalesce(${markedUnread ?? null}::boolean, marked_unread)
    WHERE chat_id = ${chatId}::uuid
      AND user_id = ${userId}::uuid`;
  return bumpVersion(tx, chatId, userId);
};

/** Hides all present messages from the member, and the chat until the next message. */
export const clearMyView = async (
  tx: ChatTx,
  chat: { id: string; lastSeq: number },
  userId: string,
): Promise<number> => {
  await tx.$executeRaw`
    UPDATE chat_members
    SET hidden_at = clock_timestamp(),
      marked_unread = false,
      pinned_at = NULL,
      cleared_before_seq = greatest(
        cleared_before_seq,
        coalesce(left_seq, ${chat.lastSeq}::bigint))
    WHERE chat_id = ${chat.id}::uuid
      AND user_id = ${userId}::uuid`;
  return bumpVersion(tx, chat.id, userId);
};
