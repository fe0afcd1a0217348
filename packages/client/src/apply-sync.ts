import type { Chat, ChatChanges, SyncAnswer, SyncRequest } from '@taar/contracts';
import { type Database, type LocalChat, put } from './database.ts';

/**
 * Whoever was out was shown messages as they were then: of what changed meanwhile, some stands
 * before what is known here, and is asked for anew once they are back.
 */
const rewind = (local: LocalChat, my: Chat['my']) => {
  const { joinedSeq, leftSeq } = local.chat.my;
  if (leftSeq === null || my.joinedSeq === joinedSeq) return;
  const exit = [...local.messages.values()].find(({ seq }) => seq === leftSeq);
  local.changeSeq = Math.min(local.changeSeq, exit?.changeSeq ?? 0);
};

const setMine = (db: Database, local: LocalChat, my: Chat['my']) => {
  rewind(local, my);
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
  db.chats.set(chat.id, local);
  setMine(db, local, chat.my);
  return Object.assign(local, { chat });
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

/** False where these changes do not follow what is known any more. */
const applyChat = (
  db: Database,
  known: ReadonlyMap<string, number>,
  { chat, changes, throughChangeSeq }: ChatChanges,
): boolean => {
  const local = upsert(db, chat);
  for (const message of changes) put(db, local, message);
  if (local.changeSeq < (known.get(chat.id) ?? 0)) return false;
  local.changeSeq = Math.max(local.changeSeq, throughChangeSeq);
  return true;
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

/** False where the same has to be asked again, from further back. */
export const applyAnswer = (
  db: Database,
  asked: SyncRequest['chats'],
  answer: SyncAnswer,
): boolean => {
  applyMine(db, answer);
  for (const chat of answer.newChats) upsert(db, chat);
  for (const { chat } of answer.removed) upsert(db, chat);
  const known = new Map(asked.map(({ id, changeSeq }) => [id, changeSeq]));
  const followed = answer.chats.map((changes) => applyChat(db, known, changes));
  db.userVer = answer.userVer;
  db.epoch = answer.epoch;
  return followed.every(Boolean);
};
