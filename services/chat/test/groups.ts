import { chatRest } from '@taar/contracts';
import { aGroup, aUser } from '@taar/testing/factories';
import type { Person } from '@taar/testing/people';
import type { startChat } from './start.ts';

type Chat = Awaited<ReturnType<typeof startChat>>;

/** New users, each with a device on the first node. */
export const newPeople = (chat: Chat, count: number): Promise<Person[]> =>
  Promise.all(Array.from({ length: count }, async () => chat.as(await aUser(chat.admin))));

/** A group with one member of each role, and a user outside it. The member is on the last node. */
export const aGroupWithRoles = async (chat: Chat, settings: object = {}) => {
  const [owner, admin, member, stranger] = await Promise.all([
    aUser(chat.admin),
    aUser(chat.admin),
    aUser(chat.admin),
    aUser(chat.admin),
  ]);
  const group = await aGroup(
    chat.admin,
    { owner, admins: [admin], members: [member] },
    { settings },
  );
  return {
    chatId: group.id,
    owner: chat.as(owner),
    admin: chat.as(admin),
    member: chat.nodes.at(-1)!.as(member),
    stranger: chat.as(stranger),
  };
};

/** Removes a member in the database alone, without any event. */
export const removeSilently = async (chat: Chat, chatId: string, userId: string) => {
  const { lastSeq } = await chat.admin.chat.update({
    where: { id: chatId },
    data: { memberEpoch: { increment: 1 }, memberCount: { decrement: 1 } },
  });
  await chat.admin.chatMember.update({
    where: { chatId_userId: { chatId, userId } },
    data: { leftAt: new Date(), leftSeq: lastSeq },
  });
};

/** The events of the chat's system messages, oldest first. */
export const systemEvents = async (person: Person, chatId: string) => {
  const { body } = await person.call(chatRest.listMessages, { chatId, limit: 100 });
  return body.items
    .filter(({ messageType }) => messageType === 'system')
    .map(({ metadata }) => metadata['event']);
};

export const rolesOf = async (person: Person, chatId: string) => {
  const { body } = await person.call(chatRest.listMembers, { chatId });
  return Object.fromEntries(body.items.map(({ user: { id }, role }) => [id, role]));
};
