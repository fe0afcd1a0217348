import type { Role } from '@taar/contracts';
import { type ChangeDeps, changeChat } from '../core/change-chat.ts';
import { endMembership } from '../core/membership.ts';

/** Ends all group memberships of a deleted account. Direct chats stay with their other member. */
export const leaveGroups = async (deps: ChangeDeps, userId: string): Promise<number> => {
  const groups = await deps.db.$queryRaw<{ id: string }[]>`
    SELECT chat.id
    FROM chat_members member
    JOIN chats chat ON chat.id = member.chat_id
    WHERE member.user_id = ${userId}::uuid
      AND member.left_at IS NULL
      AND chat.is_group
      AND chat.closed_at IS NULL
    ORDER BY chat.id`;
  for (const { id } of groups) await leaveGroup(deps, id, userId);
  return groups.length;
};

const leaveGroup = (deps: ChangeDeps, chatId: string, userId: string) =>
  changeChat(deps, chatId, async (change) => {
    const key = { chatId_userId: { chatId, userId } };
    const member = await change.tx.chatMember.findUnique({ where: key });
    if (member && !member.leftAt)
      await endMembership(change, { userId, role: member.role as Role }, null);
  });
