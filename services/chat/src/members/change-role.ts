import type { Input, Member, Role, chatRest } from '@taar/contracts';
import { AppError } from '@taar/kit/errors';
import type { Actor } from '@taar/kit/auth';
import { type ChatChange, changeChat } from '../core/change-chat.ts';
import type { Deps } from '../deps.ts';
import { assertGroup, assertMember, memberOrThrow } from '../core/access.ts';
import { readMembers } from './list-members.ts';
import { bumpMemberVersions } from '../core/membership.ts';

type NewRole = { userId: string; role: Role };

/** The owner changes roles. An owner who makes another member the owner becomes an admin. */
export const changeRole = async (
  deps: Pick<Deps, 'db' | 'publishCommits'>,
  { userId }: Actor,
  { chatId, userId: targetId, role }: Input<typeof chatRest.changeRole>,
): Promise<Member> => {
  await changeChat(deps, chatId, async (change) => {
    const actor = await assertMember(change.tx, chatId, userId);
    assertGroup(actor);
    if (actor.role !== 'owner')
      throw new AppError('forbidden_role', 'Only the owner can change roles.');
    const target = await memberOrThrow(change.tx, chatId, targetId);
    if (target.role === role) return;
    if (targetId === userId)
      throw new AppError('last_owner', 'Make another member the owner instead.');
    const isTransfer = role === 'owner';
    await change.postSystemMessage(isTransfer ? 'owner_changed' : 'role_changed', userId, [
      targetId,
    ]);
    await setRoles(change, [
      { userId: targetId, role },
      ...(isTransfer ? [{ userId, role: 'admin' as const }] : []),
    ]);
  });
  const [member] = await readMembers(deps.db, userId, chatId, [targetId]);
  if (!member) throw new AppError('member_not_found', 'The member has left the group.');
  return member;
};

const setRoles = async (change: ChatChange, roles: NewRole[]) => {
  const { tx, chat } = change;
  const inOrder = roles.toSorted((a, b) => (a.userId < b.userId ? -1 : 1));
  for (const { userId, role } of inOrder)
    await tx.chatMember.update({
      where: { chatId_userId: { chatId: chat.id, userId } },
      data: { role },
    });
  await bumpMemberVersions(
    tx,
    chat.id,
    inOrder.map(({ userId }) => userId),
  );
  change.bumpMemberEpoch();
  change.emit(change.nextChangeSeq(), 'members_updated', {
    added: [],
    removed: [],
    roles,
    memberEpoch: chat.memberEpoch,
    memberCount: chat.memberCount,
  });
};
