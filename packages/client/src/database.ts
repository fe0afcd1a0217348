import type { Chat, Message } from '@taar/contracts';
import { digestWeight, maxUnreadCount } from './contract.ts';

/** A message as stored here. The preview of the message it replies to is looked up, not stored. */
export type LocalMessage = Omit<Message, 'replyTo' | 'my'> & { reaction: string | null };
export type LocalChat = {
  chat: Chat;
  /** All changes of the chat up to this number are stored. */
  changeSeq: number;
  messages: Map<string, LocalMessage>;
};

export type Database = {
  /** The user whose data this is; null before the first connection. */
  userId: string | null;
  epoch: string | null;
  /** All private changes up to this version are stored; null before the first sync. */
  userVer: number | null;
  /** From the last sync that left nothing to fetch. */
  since: string | null;
  chats: Map<string, LocalChat>;
  stars: Set<string>;
  /** Messages that the user deleted for themselves. Late events must not restore them. */
  hidden: Set<string>;
  blocked: Set<string>;
  /** The messages stored when the server was restored from a backup, until they are compared. */
  beforeRestore: Map<string, LocalMessage> | null;
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
  beforeRestore: null,
  lost: [],
});

export const isActive = ({ chat }: LocalChat) => chat.my.membership === 'active';

/** The position in every chat. Chats the user left are included: their messages may be deleted. */
export const chatPositions = (db: Database) =>
  [...db.chats.values()]
    .map(({ chat, changeSeq }) => ({ id: chat.id, changeSeq }))
    .sort((a, b) => (a.id < b.id ? -1 : 1));

/** Equals the server's digest when no change is missing here. */
export const digestOf = (db: Database) =>
  [...db.chats.values()].reduce(
    (sum, { changeSeq }) => sum + changeSeq,
    (db.userVer ?? 0) * digestWeight,
  );

/** Stores the later of two states of a message, unless the user deleted or cleared it. */
export const putMessage = (db: Database, local: LocalChat, message: Message) => {
  const known = local.messages.get(message.id);
  if (known && known.changeSeq > message.changeSeq) return;
  if (db.hidden.has(message.id) || message.seq <= local.chat.my.clearedBeforeSeq) return;
  local.messages.set(message.id, toLocal(message, known));
  if (message.deletedAt) db.stars.delete(message.id);
};

const toLocal = (
  { replyTo: _, my, ...message }: Message,
  known: LocalMessage | undefined,
): LocalMessage => ({
  // Events carry neither the sender's `clientMessageId` nor the receiver's own reaction.
  ...(known?.clientMessageId !== undefined && { clientMessageId: known.clientMessageId }),
  ...message,
  reaction: message.deletedAt ? null : my ? my.reaction : (known?.reaction ?? null),
});

/** The messages of a chat in the order of `seq`. */
export const messagesOf = (db: Database, chatId: string) =>
  [...(db.chats.get(chatId)?.messages.values() ?? [])]
    .sort((a, b) => a.seq - b.seq)
    .map(({ reaction, ...message }) => ({
      ...message,
      my: { starred: db.stars.has(message.id), reaction },
    }));

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
  return Math.min(unread.length, maxUnreadCount);
};
