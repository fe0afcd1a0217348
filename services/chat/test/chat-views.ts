import { type Database, messagesOf, unreadOf } from '@taar/client';
import { type Chat, type Message, chatRest } from '@taar/contracts';
import type { Person } from '@taar/testing/people';

const viewOfChat = ({ id, name, description, avatarUrl, settings, ...chat }: Chat) => ({
  id,
  about: { name, description, avatarUrl, settings },
  origin: [chat.isGroup, chat.createdBy, chat.createdAt, chat.peer?.id],
  members: [chat.memberCount, chat.memberEpoch],
  my: {
    role: chat.my.role,
    membership: chat.my.membership,
    lastReadSeq: chat.my.lastReadSeq,
    markedUnread: chat.my.markedUnread,
    mutedUntil: chat.my.mutedUntil,
    pinnedAt: chat.my.pinnedAt,
    archived: chat.my.archived,
    clearedBeforeSeq: chat.my.clearedBeforeSeq,
    joinedSeq: chat.my.joinedSeq,
    leftSeq: chat.my.leftSeq,
  },
});

const mentionsOf = (db: Database, { id, my }: Chat) =>
  messagesOf(db, id).filter(
    ({ seq, senderId, mentions }) =>
      seq > my.lastReadSeq && senderId !== db.userId && mentions.includes(db.userId!),
  ).length;

const localViews = (db: Database, isActive: boolean) =>
  [...db.chats.values()]
    .filter(({ chat: { my } }) => !my.hidden && (my.membership === 'active') === isActive)
    .sort((a, b) => (a.chat.id < b.chat.id ? -1 : 1))
    .map(({ chat, changeSeq }) => {
      const messages = messagesOf(db, chat.id);
      return {
        ...viewOfChat(chat),
        changeSeq,
        lastSeq: chat.lastSeq,
        unread: [unreadOf(db, chat.id), mentionsOf(db, chat)],
        last: messages.at(-1) ?? null,
        messages,
      };
    });

/** The chats that a client would list, with their messages, as its database holds them. */
export const localView = (db: Database) => localViews(db, true);

/** The same for chats that the user has left. */
export const localFormerView = (db: Database) => localViews(db, false);

const allChats = async (person: Person) => {
  const chats: Chat[] = [];
  for (const archived of ['false', 'true'] as unknown as boolean[])
    for (let cursor: string | null | undefined; cursor !== null;) {
      const { status, body } = await person.call(chatRest.listChats, {
        archived,
        ...(cursor !== undefined && { cursor }),
      });
      if (status !== 200) throw new Error(`listChats failed: ${JSON.stringify(body)}`);
      chats.push(...body.items);
      cursor = body.nextCursor;
    }
  return chats;
};

/** Clients look up the message that a reply answers; they do not store its preview. */
const withoutPreview = ({ replyTo: _, ...message }: Message) => message;

const pagesOf = async (person: Person, chatId: string, key: 'afterSeq' | 'changedAfter') => {
  const messages = [];
  for (let position: string | null = '0'; position !== null;) {
    const query = { chatId, limit: '100', [key]: position } as never;
    const { body } = await person.call(chatRest.listMessages, query);
    messages.push(...body.items);
    position = body.nextCursor;
  }
  return messages.map(withoutPreview);
};

/** Every message of a chat that REST shows, oldest first, read page by page. */
export const allMessages = (person: Person, chatId: string) => pagesOf(person, chatId, 'afterSeq');

/** The same messages, read by change number and sorted by message number. */
export const changedMessages = async (person: Person, chatId: string) =>
  (await pagesOf(person, chatId, 'changedAfter')).sort((a, b) => a.seq - b.seq);

const serverViews = async (person: Person, isActive: boolean) => {
  const chats = (await allChats(person)).filter(
    ({ my }) => (my.membership === 'active') === isActive,
  );
  return Promise.all(
    chats
      .sort((a, b) => (a.id < b.id ? -1 : 1))
      .map(async (chat) => ({
        ...viewOfChat(chat),
        changeSeq: chat.changeSeq,
        lastSeq: chat.lastSeq,
        unread: [chat.my.unreadCount, chat.my.mentionCount],
        last: chat.lastMessage && withoutPreview(chat.lastMessage),
        messages: await allMessages(person, chat.id),
      })),
  );
};

/** The chats and messages of `localView` as REST shows them. */
export const serverView = (person: Person) => serverViews(person, true);

/** The chats of `localFormerView` as REST shows them. */
export const serverFormerView = (person: Person) => serverViews(person, false);

export const serverStarred = async (person: Person) => {
  const ids: string[] = [];
  for (let cursor: string | null | undefined; cursor !== null;) {
    const { body } = await person.call(chatRest.listStarred, {
      ...(cursor !== undefined && { cursor }),
    });
    ids.push(...body.items.map(({ id }) => id));
    cursor = body.nextCursor;
  }
  return ids.toSorted();
};
