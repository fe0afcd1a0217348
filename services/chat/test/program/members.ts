import { expect } from '@jest/globals';
import type { ServerPayload } from '@taar/contracts';
import type { World } from './world.ts';

type Told = ServerPayload<'members_updated'>;

/** What was told of the members of a chat, by anybody's device, up to now without a hole. */
const latestOf = ({ devices }: World, chatId: string, epoch: number): Told[] => {
  const told = new Map<number, Told>();
  for (const { event, payload } of devices.flatMap(({ heard }) => heard)) {
    const news = payload as Told;
    if (event === 'members_updated' && news.chatId === chatId) told.set(news.memberEpoch, news);
  }
  const latest: Told[] = [];
  for (let at = epoch; told.has(at); at--) latest.unshift(told.get(at)!);
  return latest;
};

/** Who is in and as what, of those that these events name. */
const fold = (events: Told[]) => {
  const roles = new Map<string, string | null>();
  for (const { added, removed, roles: changed } of events) {
    for (const userId of added) roles.set(userId, 'member');
    for (const { userId, role } of changed) roles.set(userId, role);
    for (const userId of removed) roles.set(userId, null);
  }
  return roles;
};

/** Whoever follows what is told of the members of a chat has its members. */
export const assertMembersTold = async (world: World) => {
  const chats = await world.admin.chat.findMany({
    where: { id: { in: world.chats }, isGroup: true },
    include: { members: { where: { leftAt: null } } },
  });
  for (const { id, memberEpoch, memberCount, members } of chats) {
    const events = latestOf(world, id, memberEpoch);
    const told = fold(events);
    const roles = new Map(members.map(({ userId, role }) => [userId, role]));
    expect(told).toEqual(
      new Map([...told.keys()].map((userId) => [userId, roles.get(userId) ?? null])),
    );
    expect(memberCount).toBe(members.length);
    if (events.length > 0) expect(events.at(-1)!.memberCount).toBe(memberCount);
  }
};
