import { randomUUID } from 'node:crypto';
import { type Message, type SendMessage, chatRest } from '@taar/contracts';
import { aGroup, aUser } from '@taar/testing/factories';
import type { Person } from '@taar/testing/people';
import type { startChat } from './start.ts';

type Chat = Awaited<ReturnType<typeof startChat>>;

export const text = (chatId: string, content: string): SendMessage => ({
  chatId,
  clientMessageId: randomUUID(),
  content,
});

/** A message of some other kind. */
export const body = (chatId: string, fields: object) =>
  ({ chatId, clientMessageId: randomUUID(), ...fields }) as SendMessage;

/** Sends a text that must be taken. */
export const say = async (who: Person, chatId: string, content: string): Promise<Message> => {
  const sent = await who.call(chatRest.sendMessage, text(chatId, content));
  if (sent.status !== 201) throw new Error(`The message was refused: ${sent.status}.`);
  return sent.body;
};

/** A group with one of each role, and somebody who is not in it. */
export const aFamily = async (chat: Chat, settings: object = {}) => {
  const [owner, admin, member, stranger] = await Promise.all(
    Array.from({ length: 4 }, () => aUser(chat.admin)),
  );
  const group = await aGroup(
    chat.admin,
    { owner: owner!, admins: [admin!], members: [member!] },
    { settings },
  );
  const last = chat.nodes.at(-1)!;
  return {
    chatId: group.id,
    owner: chat.as(owner!),
    admin: chat.as(admin!),
    member: last.as(member!),
    stranger: chat.as(stranger!),
  };
};

/** Takes somebody out of a chat as the database sees it, without telling anyone. */
export const takeOut = async (chat: Chat, chatId: string, userId: string) => {
  const { lastSeq } = await chat.admin.chat.update({
    where: { id: chatId },
    data: { memberEpoch: { increment: 1 }, memberCount: { decrement: 1 } },
  });
  await chat.admin.chatMember.update({
    where: { chatId_userId: { chatId, userId } },
    data: { leftAt: new Date(), leftSeq: lastSeq },
  });
};
