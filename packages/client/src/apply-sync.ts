import type { Chat, ChatChanges, SyncAnswer, SyncRequest } from '@taar/contracts';
import { type Database, type LocalChat, putMessage } from './database.ts';

/** Returns false when the client must ask for the same chats again, from an earlier position. */
export const applyAnswer = (
  db: Database,
  requested: SyncRequest['chats'],
  answer: SyncAnswer,
): boolean => {
  applyMyState(db, answer);
  for (const chat of answer.newChats) putChat(db, chat);
  for (const { chat } of answer.removed) putChat(db, chat);
  const positions = new Map(requested.map(({ id, changeSeq }) => [id, changeSeq]));
  const wereApplied = answer.chats.map((changes) => applyChanges(db, positions, changes));
  db.userVer = answer.userVer;
  db.epoch = answer.epoch;
  return wereApplied.every(Boolean);
};

/** Empties the database: the server was restored from a backup, so all positions are void. */
export const resetDatabase = (db: Database) => {
  const messages = [...db.chats.values()].flatMap((local) => [...local.messages]);
  db.beforeRestore = new Map([...(db.beforeRestore ?? []), ...messages]);
  Object.assign(db, { epoch: null, userVer: null, since: null });
  for (const part of [db.chats, db.stars, db.hidden, db.blocked]) part.clear();
};

/** After a complete sync: collects the messages that the restored server does not have. */
export const collectLost = (db: Database) => {
  if (!db.beforeRestore) return;
  const isStored = (id: string) => [...db.chats.values()].some(({ messages }) => messages.has(id));
  db.lost.push(...[...db.beforeRestore.values()].filter(({ id }) => !isStored(id)));
  db.beforeRestore = null;
};

const applyMyState = (db: Database, { my }: SyncAnswer) => {
  for (const { id, my: mine } of my.chats) {
    const local = db.chats.get(id);
    if (local) setMyState(db, local, mine);
  }
  for (const id of my.unstarred) db.stars.delete(id);
  for (const { messageId } of my.starred) db.stars.add(messageId);
  for (const { chatId, messageId } of my.hidden) {
    db.hidden.add(messageId);
    db.chats.get(chatId)?.messages.delete(messageId);
  }
  for (const id of my.unblocked) db.blocked.delete(id);
  for (const id of my.blocked) db.blocked.add(id);
};

/** Returns false when the changes do not continue at the position stored here. */
const applyChanges = (
  db: Database,
  positions: ReadonlyMap<string, number>,
  { chat, changes, throughChangeSeq }: ChatChanges,
): boolean => {
  const local = putChat(db, chat);
  for (const message of changes) putMessage(db, local, message);
  if (local.changeSeq < (positions.get(chat.id) ?? 0)) return false;
  local.changeSeq = Math.max(local.changeSeq, throughChangeSeq);
  return true;
};

const putChat = (db: Database, chat: Chat): LocalChat => {
  const local = db.chats.get(chat.id) ?? { chat, changeSeq: 0, messages: new Map() };
  db.chats.set(chat.id, local);
  setMyState(db, local, chat.my);
  return Object.assign(local, { chat });
};

const setMyState = (db: Database, local: LocalChat, my: Chat['my']) => {
  rewindAfterReturn(local, my);
  local.chat.my = my;
  for (const { id, seq } of local.messages.values()) {
    if (seq > my.clearedBeforeSeq) continue;
    local.messages.delete(id);
    db.stars.delete(id);
  }
};

/**
 * A former member saw messages as of the moment they left. After they joined again, the position
 * goes back to that moment, so that the next sync fetches the changes made since.
 */
const rewindAfterReturn = (local: LocalChat, my: Chat['my']) => {
  const { joinedSeq, leftSeq } = local.chat.my;
  if (leftSeq === null || my.joinedSeq === joinedSeq) return;
  const exit = [...local.messages.values()].find(({ seq }) => seq === leftSeq);
  local.changeSeq = Math.min(local.changeSeq, exit?.changeSeq ?? 0);
};
