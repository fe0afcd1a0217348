import type { Chat, ChatChanges, SyncAnswer } from '@taar/contracts';
import { type Database, type LocalChat, put } from './database.ts';

const setMine = (db: Database, local: LocalChat, my: Chat['my']) => {
  local.chat.my = my;
  for (const { id, seq } of local.messages.values()) {
    if (seq > my.clearedBeforeSeq) continue;
    local.messages.delete(id);
    db.stars.delete(id);
  }
};

const upsert = (db: Database, chat: Chat): LocalChat => {
  const known = db.chats.get(chat.id);
  const local = known ?? { chat, changeSeq: 0, messages: new Map() };
  db.chats.set(chat.id, Object.assign(local, { chat }));
  setMine(db, local, chat.my);
  return local;
};

const applyMine = (db: Database, { my }: SyncAnswer) => {
  for (const { id, my: mine } of my.chats) {
    const local = db.chats.get(id);
    if (local) setMine(db, local, mine);
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

const applyChat = (db: Database, { chat, changes, throughChangeSeq }: ChatChanges) => {
  const local = upsert(db, chat);
  for (const message of changes) put(db, local, message);
  local.changeSeq = Math.max(local.changeSeq, throughChangeSeq);
};

/** The server was restored to an older point: positions mean nothing, so everything is fetched. */
export const startOver = (db: Database) => {
  const messages = [...db.chats.values()].flatMap((local) => [...local.messages]);
  db.before = new Map([...(db.before ?? []), ...messages]);
  Object.assign(db, { epoch: null, userVer: null, since: null });
  for (const part of [db.chats, db.stars, db.hidden, db.blocked]) part.clear();
};

/** Tells apart, after everything was fetched, what the restored server does not have. */
export const settleLost = (db: Database) => {
  if (!db.before) return;
  const here = (id: string) => [...db.chats.values()].some(({ messages }) => messages.has(id));
  db.lost.push(...[...db.before.values()].filter(({ id }) => !here(id)));
  db.before = null;
};

export const applyAnswer = (db: Database, answer: SyncAnswer) => {
  applyMine(db, answer);
  for (const chat of answer.newChats) upsert(db, chat);
  for (const { chat } of answer.removed) upsert(db, chat);
  for (const changes of answer.chats) applyChat(db, changes);
  db.userVer = answer.userVer;
  db.epoch = answer.epoch;
};
