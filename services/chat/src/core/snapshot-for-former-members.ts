import { visibleTo } from '@taar/domain/access';
import type { ChatChange } from './change-chat.ts';
import { isPinned, reactionsOf } from './select-messages.ts';
import { exitChangeSeq } from './snapshot-fragments.ts';

/**
 * Stores messages as they are before the next change number, for former members of a group who
 * left while they were so and may still read them.
 */
export const snapshotForFormerMembers = async (
  { tx, chat }: Pick<ChatChange, 'tx' | 'chat'>,
  messageIds: string[],
): Promise<void> => {
  if (!chat.isGroup) return;
  await tx.$executeRaw`
    INSERT INTO message_versions (message_id, chat_id, until_seq, state)
    SELECT
      message.id,
      message.chat_id,
      ${chat.changeSeq + 1},
      jsonb_build_object(
        'content', message.content,
        'metadata', message.metadata,
        'reactions', ${reactionsOf},
        'pinned', ${isPinned},
        'change_seq', message.change_seq,
        'edited_at', message.edited_at,
        'updated_at', message.updated_at)
    FROM messages message
    WHERE message.id = ANY(${messageIds}::uuid[])
      AND EXISTS (
        SELECT FROM chat_members member
        WHERE member.chat_id = message.chat_id
          AND member.left_at IS NOT NULL
          AND member.left_seq >= message.seq
          AND ${exitChangeSeq} >= message.change_seq
          AND ${visibleTo()})`;
};
