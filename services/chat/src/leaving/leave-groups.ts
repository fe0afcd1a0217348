import type { Role } from '@taar/contracts';
import { changeChat } from '../core/change-chat.ts';
import type { Deps } from '../deps.ts';
import { endMembership } from '../core/membership.ts';

type Needs = Pick<Deps, 'db' | 'publishCommits'>;

const leave = (deps: Needs, chatId: string, userId: string) =>
  changeChat(deps, chatId, async (change) => {
    const key = { chatId_userId: { chatId, userId } };
    const member = await change.tx.chatMember.findUnique({ where: key });
    if (member && !member.leftAt)
      await endMembership(change, { userId, role: member.role as Role }, null);
  });

/** A direct chat stays with the other one; a group goes on without the person. */
export const leaveGroups = async (deps: Needs, userId: string): Promise<number> => {
  const groups = await deps.db.$queryRaw<{ id: string }[]>`
    SELECT c.id FROM chat_members m JOIN chats c ON c.id = m.chat_id
    WHERE m.user_id = ${userId}::uuid AND m.left_at IS NULL AND c.is_group AND c.closed_at IS NULL
    ORDER BY c.id`;
  for (const { id } of groups) await leave(deps, id, userId);
  return groups.length;
};
