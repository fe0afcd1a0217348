import { visibleTo } from '@taar/domain/access';
import type { ChatChange } from './change-chat.ts';
import { selectMessages } from './message-rows.ts';
import { exitOf } from './snapshots.ts';

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
    SELECT m.id, m.chat_id, ${chat.changeSeq + 1}, jsonb_build_object('content', m.content,
      'metadata', m.metadata, 'reactions', m.reactions, 'pinned', m.pinned,
      'change_seq', m.change_seq, 'edited_at', m.edited_at, 'updated_at', m.updated_at)
    FROM (${selectMessages} WHERE m.id = ANY(${messageIds}::uuid[])) m
    WHERE EXISTS (SELECT FROM chat_members me WHERE me.chat_id = m.chat_id AND me.left_at IS NOT NULL
      AND me.left_seq >= m.seq AND ${exitOf} >= m.change_seq AND ${visibleTo({ message: 'm', member: 'me' })})`;
};
