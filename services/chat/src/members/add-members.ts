import { type Input, type Output, type chatRest, sizes } from '@taar/contracts';
import { AppError } from '@taar/kit/errors';
import type { Actor } from '@taar/kit/auth';
import { invalidField } from '@taar/kit/edge';
import { type ChatTx, changeChat } from '../core/change-chat.ts';
import type { Deps } from '../deps.ts';
import { assertGroup, assertMember, assertRole } from '../core/access.ts';
import { readMembers } from './list-members.ts';
import { admitMembers } from '../core/membership.ts';
import { findPeople } from '../core/people-to-add.ts';

type Added = Output<typeof chatRest.addMembers>;
type Groups = Omit<Added, 'added'> & { added: string[] };

export const addMembers = async (
  deps: Pick<Deps, 'db' | 'publishCommits' | 'publish'>,
  { userId }: Actor,
  { chatId, userIds, role = 'member' }: Input<typeof chatRest.addMembers>,
): Promise<Added> => {
  const groups = await changeChat(deps, chatId, async (change) => {
    const { tx, chat } = change;
    const adder = await assertMember(tx, chatId, userId);
    assertGroup(adder);
    assertRole(adder, adder.settings.whoCanAddMembers);
    if (role === 'admin' && adder.role !== 'owner')
      throw new AppError('forbidden_role', 'Only the owner can add admins.');
    const people = await groupUsers(tx, chatId, userId, userIds);
    if (people.failed.length === userIds.length) throw invalidField('userIds', 'any.only');
    if (people.added.length === 0) return people;
    if (chat.memberCount + people.added.length > sizes.groupMembers)
      throw new AppError('group_full', 'The group has not enough room for these members.');
    await change.postSystemMessage('members_added', userId, people.added);
    await admitMembers(change, people.added, role);
    return people;
  });
  deps.publish('chat_added', { users: groups.added }, { chatId });
  return { ...groups, added: await readMembers(deps.db, userId, chatId, groups.added) };
};

/** Groups the requested users by what can be done for them. */
const groupUsers = async (
  tx: ChatTx,
  chatId: string,
  adder: string,
  userIds: string[],
): Promise<Groups> => {
  const [people, members] = [
    await findPeople(tx, adder, userIds),
    await tx.chatMember.findMany({
      where: { chatId, userId: { in: userIds }, leftAt: null },
      select: { userId: true },
    }),
  ];
  const memberIds = new Set(members.map(({ userId }) => userId));
  const mayAdd = new Map(people.map((person) => [person.id, person.mayAdd]));
  const others = userIds.filter((id) => !memberIds.has(id));
  return {
    added: others.filter((id) => mayAdd.get(id) === true),
    alreadyMembers: userIds.filter((id) => memberIds.has(id)),
    invited: others.filter((id) => mayAdd.get(id) === false),
    failed: others
      .filter((id) => !mayAdd.has(id))
      .map((userId) => ({ userId, code: 'user_not_found' as const })),
  };
};
