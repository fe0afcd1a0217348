import type { Message, ServerPayload } from '@taar/contracts';
import { type Database, type LocalChat, isActive, putMessage } from './database.ts';
import { type DurableEvent, positionOf } from './events.ts';

/** `ahead`: earlier changes are missing. `needsSync`: the event does not show its change. */
type Outcome = 'applied' | 'known' | 'ahead' | 'needsSync';

/** Applies an event if its change is the next one of its chat. */
export const applyEvent = (db: Database, event: DurableEvent): Outcome => {
  const { chatId, changeSeq } = positionOf(event);
  const local = db.chats.get(chatId);
  if (!local) return 'needsSync';
  if (!isActive(local) || changeSeq <= local.changeSeq) return 'known';
  if (event.name === 'chat_changed') return 'needsSync';
  if (changeSeq > local.changeSeq + 1) return 'ahead';
  applyChange(db, local, event);
  local.changeSeq = changeSeq;
  local.chat.changeSeq = Math.max(local.chat.changeSeq, changeSeq);
  return 'applied';
};

const applyChange = (
  db: Database,
  local: LocalChat,
  { name, payload }: Exclude<DurableEvent, { name: 'chat_changed' }>,
) => {
  switch (name) {
    case 'message_received':
      return addMessage(db, local, payload);
    case 'message_updated':
    case 'message_deleted':
      return replaceMessage(db, local, payload.message);
    case 'reaction_updated':
      return updateReaction(db, local, payload);
    case 'message_pinned':
      return updatePin(local, payload);
    case 'chat_updated':
      return void Object.assign(local.chat, payload.chat, { updatedAt: payload.at });
    case 'members_updated':
      return updateMembers(db, local, payload);
  }
};

const addMessage = (
  db: Database,
  local: LocalChat,
  { message, chat }: ServerPayload<'message_received'>,
) => {
  const { my } = local.chat;
  local.chat.lastSeq = Math.max(local.chat.lastSeq, chat.lastSeq);
  my.hidden = false;
  // A message of the user counts as read by them unless an unread one stands before it.
  const author = message.senderId ?? message.metadata['actorId'];
  if (author === db.userId && message.seq === my.lastReadSeq + 1) my.lastReadSeq = message.seq;
  putMessage(db, local, message);
};

// A message that is not stored is older than the membership, or the user deleted it.
const replaceMessage = (db: Database, local: LocalChat, message: Message) => {
  if (local.messages.has(message.id)) putMessage(db, local, message);
};

const updateReaction = (
  db: Database,
  local: LocalChat,
  { messageId, userId, emoji, reactions, changeSeq, at }: ServerPayload<'reaction_updated'>,
) => {
  const message = local.messages.get(messageId);
  if (!message) return;
  Object.assign(message, { reactions, changeSeq, updatedAt: at });
  if (userId === db.userId) message.reaction = emoji;
};

const updatePin = (
  local: LocalChat,
  { messageId, pinned, changeSeq, at }: ServerPayload<'message_pinned'>,
) => {
  const message = local.messages.get(messageId);
  if (message) Object.assign(message, { pinned, changeSeq, updatedAt: at });
};

const updateMembers = (
  db: Database,
  { chat }: LocalChat,
  { memberEpoch, memberCount, roles }: ServerPayload<'members_updated'>,
) => {
  Object.assign(chat, { memberEpoch, memberCount });
  const mine = roles.find(({ userId }) => userId === db.userId);
  if (mine) chat.my.role = mine.role;
};
