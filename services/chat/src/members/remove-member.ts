import type { Input, chatRest } from '@taar/contracts';
import type { Actor } from '@taar/kit/auth';
import { changeChat } from '../core/change-chat.ts';
import type { Deps } from '../deps.ts';
import { assertGroup, assertMayRemove, assertMember, memberOrThrow } from '../core/access.ts';
import { endMembership } from '../core/membership.ts';

/** Removes a member from a group; a caller who names themselves leaves it. */
export const removeMember = async (
  deps: Pick<Deps, 'db' | 'publishCommits' | 'publish'>,
  { userId }: Actor,
  { chatId, userId: targetId }: Input<typeof chatRest.removeMember>,
): Promise<void> => {
  const isLeaving = targetId === userId;
  const exit = await changeChat(deps, chatId, async (change) => {
    const remover = await assertMember(change.tx, chatId, userId);
    assertGroup(remover);
    const target = await memberOrThrow(change.tx, chatId, targetId);
    if (!isLeaving) assertMayRemove(remover, target);
    return endMembership(change, target, isLeaving ? null : userId);
  });
  const reason = isLeaving ? 'left' : 'removed';
  deps.publish('chat_removed', { users: [targetId] }, { chatId, ...exit, reason });
};
