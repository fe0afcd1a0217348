import type { Input, chatRest } from '@taar/contracts';
import type { Actor } from '@taar/kit/auth';
import { changeChat } from '../core/change-chat.ts';
import type { Deps } from '../deps.ts';
import { assertGroup, assertMayRemove, assertMember, memberOrThrow } from '../core/access.ts';
import { endMembership } from '../core/membership.ts';

/** Leaves a group, or takes somebody out of it. */
export const removeMember = async (
  deps: Pick<Deps, 'db' | 'publishCommits' | 'publish'>,
  { userId }: Actor,
  { chatId, userId: leaverId }: Input<typeof chatRest.removeMember>,
): Promise<void> => {
  const leaves = leaverId === userId;
  const exit = await changeChat(deps, chatId, async (change) => {
    const remover = await assertMember(change.tx, chatId, userId);
    assertGroup(remover);
    const leaver = await memberOrThrow(change.tx, chatId, leaverId);
    if (!leaves) assertMayRemove(remover, leaver);
    return endMembership(change, leaver, leaves ? null : userId);
  });
  const reason = leaves ? 'left' : 'removed';
  deps.publish('chat_removed', { users: [leaverId] }, { chatId, ...exit, reason });
};
