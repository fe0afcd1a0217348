import type { Chat, Message } from '@taar/contracts';

/** A message as kept here: what is said of the message it answers is looked up, not kept. */
export type LocalMessage = Omit<Message, 'replyTo' | 'my'> & { reaction: string | null };
export type LocalChat = {
  chat: Chat;
  /** Everything up to this change of the chat is here. */
  changeSeq: number;
  messages: Map<string, LocalMessage>;
};

export type Database = {
  /** Whose it is; known after the first connection. */
  userId: string | null;
  epoch: string | null;
  /** Everything private up to this version is here; null before the first sync. */
  userVer: number | null;
  /** Of the last sync that left nothing to fetch. */
  since: string | null;
  chats: Map<string, LocalChat>;
  stars: Set<string>;
  /** Messages deleted for me; late events must not bring them back. */
  hidden: Set<string>;
  blocked: Set<string>;
  /** What was known of a server before it was restored to an older point. */
  before: Map<string, LocalMessage> | null;
  /** Messages that the restored server does not have. */
  lost: LocalMessage[];
};

export const createDatabase = (): Database => ({
  userId: null,
  epoch: null,
  userVer: null,
  since: null,
  chats: new Map(),
  stars: new Set(),
  hidden: new Set(),
  blocked: new Set(),
  before: null,
  lost: [],
});

export const isActive = ({ chat }: LocalChat) => chat.my.membership === 'active';

/** All of them: of those that I left, messages may have been deleted. */
export const chatsToAsk = (db: Database) =>
  [...db.chats.values()]
    .map(({ chat, changeSeq }) => ({ id: chat.id, changeSeq }))
    .sort((a, b) => (a.id < b.id ? -1 : 1));

const versionWeight = 1_000_003;

/** Equals the server's number while nothing of mine is missing here. */
export const digestOf = (db: Database) =>
  [...db.chats.values()].reduce(
    (sum, { changeSeq }) => sum + changeSeq,
    (db.userVer ?? 0) * versionWeight,
  );

export const toLocal = (
  { replyTo: _, my, ...message }: Message,
  known?: LocalMessage,
): LocalMessage => ({
  // Events say nothing of what is the receiver's own.
  ...(known?.clientMessageId !== undefined && { clientMessageId: known.clientMessageId }),
  ...message,
  reaction: message.deletedAt ? null : my ? my.reaction : (known?.reaction ?? null),
});

/** Keeps the later of two states of a message, and nothing that was deleted for me. */
export const put = (db: Database, local: LocalChat, message: Message) => {
  const known = local.messages.get(message.id);
  if (known && known.changeSeq > message.changeSeq) return;
  if (db.hidden.has(message.id) || message.seq <= local.chat.my.clearedBeforeSeq) return;
  local.messages.set(message.id, toLocal(message, known));
  if (message.deletedAt) db.stars.delete(message.id);
};

/** The messages of a chat in their order. */
export const messagesOf = (db: Database, chatId: string) =>
  [...(db.chats.get(chatId)?.messages.values() ?? [])]
    .sort((a, b) => a.seq - b.seq)
    .map(({ reaction, ...message }) => ({
      ...message,
      my: { starred: db.stars.has(message.id), reaction },
    }));

const maxUnread = 999;

export const unreadOf = (db: Database, chatId: string) => {
  const local = db.chats.get(chatId);
  if (!local) return 0;
  const { lastReadSeq, clearedBeforeSeq } = local.chat.my;
  const unread = [...local.messages.values()].filter(
    ({ seq, senderId, messageType, deletedAt }) =>
      seq > Math.max(lastReadSeq, clearedBeforeSeq) &&
      senderId !== db.userId &&
      messageType !== 'system' &&
      deletedAt === null,
  );
  return Math.min(unread.length, maxUnread);
};
