import { expect } from '@jest/globals';
import type { ServerPayload } from '@taar/contracts';
import type { World } from './world.ts';

type MembersUpdated = ServerPayload<'members_updated'>;

/** The latest events about the members of a chat, without a gap, from all devices together. */
const latestOf = ({ devices }: World, chatId: string, epoch: number): MembersUpdated[] => {
  const byEpoch = new Map<number, MembersUpdated>();
  for (const { event, payload } of devices.flatMap(({ received }) => received)) {
    const update = payload as MembersUpdated;
    if (event === 'members_updated' && update.chatId === chatId)
      byEpoch.set(update.memberEpoch, update);
  }
  const latest: MembersUpdated[] = [];
  for (let at = epoch; byEpoch.has(at); at--) latest.unshift(byEpoch.get(at)!);
  return latest;
};

/** The role of each user that these events name; null for a former member. */
const rolesAfter = (events: MembersUpdated[]) => {
  const roles = new Map<string, string | null>();
  for (const { added, removed, roles: changed } of events) {
    for (const userId of added) roles.set(userId, 'member');
    for (const { userId, role } of changed) roles.set(userId, role);
    for (const userId of removed) roles.set(userId, null);
  }
  return roles;
};

/** A client that follows the member events of a chat knows its members and roles. */
export const assertMemberEvents = async (world: World) => {
  const chats = await world.admin.chat.findMany({
    where: { id: { in: world.chats }, isGroup: true },
    include: { members: { where: { leftAt: null } } },
  });
  for (const { id, memberEpoch, memberCount, members } of chats) {
    const events = latestOf(world, id, memberEpoch);
    const followed = rolesAfter(events);
    const roles = new Map(members.map(({ userId, role }) => [userId, role]));
    expect(followed).toEqual(
      new Map([...followed.keys()].map((userId) => [userId, roles.get(userId) ?? null])),
    );
    expect(memberCount).toBe(members.length);
    if (events.length > 0) expect(events.at(-1)!.memberCount).toBe(memberCount);
  }
};
