import { type Exit, closeChat } from '../core/membership.ts';
import type { ChatChange } from '../core/change-chat.ts';
import { toChatInfo } from '../core/to-chat.ts';

/** Ends all memberships and closes the group. The owner keeps the role: a retry is known by it. */
export const dissolve = async (
  change: ChatChange,
  ownerId: string,
): Promise<Exit & { members: string[] }> => {
  const { tx, chat } = change;
  chat.memberCount = 0;
  change.bumpMemberEpoch();
  const rows = await tx.$queryRaw<{ userId: string }[]>`
    UPDATE chat_members
    SET left_at = ${chat.at},
      left_seq = ${chat.lastSeq}::bigint,
      left_view = ${JSON.stringify(toChatInfo(chat))}::jsonb,
      removed_by = CASE WHEN user_id <> ${ownerId}::uuid THEN ${ownerId}::uuid END
    WHERE chat_id = ${chat.id}::uuid
      AND left_at IS NULL
    RETURNING user_id AS "userId"`;
  const members = rows.map(({ userId }) => userId);
  change.emit(change.nextChangeSeq(), 'members_updated', {
    added: [],
    removed: members,
    roles: [],
    memberEpoch: chat.memberEpoch,
    memberCount: 0,
  });
  await closeChat(change, members);
  return { members, leftSeq: chat.lastSeq, changeSeq: chat.changeSeq };
};
