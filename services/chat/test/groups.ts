import { chatRest } from '@taar/contracts';
import { aGroup, aUser } from '@taar/testing/factories';
import type { Person } from '@taar/testing/people';
import type { startChat } from './start.ts';

type Chat = Awaited<ReturnType<typeof startChat>>;

/** Some people, each on a device of their own. */
export const people = (chat: Chat, count: number): Promise<Person[]> =>
  Promise.all(Array.from({ length: count }, async () => chat.as(await aUser(chat.admin))));

const user = ({ userId }: Person) => ({ id: userId });

/** A group of an owner, an admin, a member and, not in it, somebody else. */
export const aFourfold = async (chat: Chat, settings: object = {}) => {
  const [owner, admin, member, stranger] = (await people(chat, 4)) as [
    Person,
    Person,
    Person,
    Person,
  ];
  const { id: chatId } = await aGroup(
    chat.admin,
    { owner: user(owner), admins: [user(admin)], members: [user(member)] },
    { settings: settings as never },
  );
  return { chatId, owner, admin, member, stranger };
};

/** What the chat says of itself in system messages, oldest first. */
export const systemEvents = async (who: Person, chatId: string) => {
  const { body } = await who.call(chatRest.listMessages, { chatId, limit: 100 });
  return body.items
    .filter(({ messageType }) => messageType === 'system')
    .map(({ metadata }) => metadata['event']);
};

export const rolesOf = async (who: Person, chatId: string) => {
  const { body } = await who.call(chatRest.listMembers, { chatId });
  return Object.fromEntries(body.items.map(({ user: { id }, role }) => [id, role]));
};
