import type { Message } from '@taar/contracts';
import { type Database, type LocalChat, isActive, put } from './database.ts';
import { type Durable, type PayloadOf, positionOf } from './events.ts';

/** `unclear`: something changed that only a sync can tell. */
type Outcome = 'applied' | 'known' | 'ahead' | 'unclear';

const receive = (
  db: Database,
  local: LocalChat,
  { message, chat }: PayloadOf<'message_received'>,
) => {
  const { my } = local.chat;
  local.chat.lastSeq = Math.max(local.chat.lastSeq, chat.lastSeq);
  my.hidden = false;
  // Whoever says or does something has read it, if nothing unread stood before.
  const author = message.senderId ?? message.metadata['actorId'];
  if (author === db.userId && message.seq === my.lastReadSeq + 1) my.lastReadSeq = message.seq;
  put(db, local, message);
};

// A message that is not here was before my time, or is deleted for me.
const replace = (db: Database, local: LocalChat, message: Message) => {
  if (local.messages.has(message.id)) put(db, local, message);
};

const react = (
  db: Database,
  local: LocalChat,
  { messageId, userId, emoji, reactions, changeSeq, at }: PayloadOf<'reaction_updated'>,
) => {
  const message = local.messages.get(messageId);
  if (!message) return;
  Object.assign(message, { reactions, changeSeq, updatedAt: at });
  if (userId === db.userId) message.reaction = emoji;
};

const pin = (
  local: LocalChat,
  { messageId, pinned, changeSeq, at }: PayloadOf<'message_pinned'>,
) => {
  const message = local.messages.get(messageId);
  if (message) Object.assign(message, { pinned, changeSeq, updatedAt: at });
};

const moveMembers = (
  db: Database,
  { chat }: LocalChat,
  { memberEpoch, memberCount, roles }: PayloadOf<'members_updated'>,
) => {
  Object.assign(chat, { memberEpoch, memberCount });
  const mine = roles.find(({ userId }) => userId === db.userId);
  if (mine) chat.my.role = mine.role;
};

const change = (db: Database, local: LocalChat, told: Durable) => {
  switch (told.event) {
    case 'message_received':
      return receive(db, local, told.payload);
    case 'message_updated':
    case 'message_deleted':
      return replace(db, local, told.payload.message);
    case 'reaction_updated':
      return react(db, local, told.payload);
    case 'message_pinned':
      return pin(local, told.payload);
    case 'chat_updated':
      return void Object.assign(local.chat, told.payload.chat, { updatedAt: told.payload.at });
    case 'members_updated':
      return moveMembers(db, local, told.payload);
    case 'chat_changed':
      return undefined;
  }
};

/** Applies the change that comes next; anything else is known already, or leaves a gap. */
export const applyEvent = (db: Database, told: Durable): Outcome => {
  const { chatId, changeSeq } = positionOf(told);
  const local = db.chats.get(chatId);
  if (!local) return 'unclear';
  if (!isActive(local) || changeSeq <= local.changeSeq) return 'known';
  if (told.event === 'chat_changed') return 'unclear';
  if (changeSeq > local.changeSeq + 1) return 'ahead';
  change(db, local, told);
  local.changeSeq = changeSeq;
  local.chat.changeSeq = Math.max(local.chat.changeSeq, changeSeq);
  return 'applied';
};
