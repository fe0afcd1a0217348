import type { Chat, ChatChanges } from '@taar/contracts';
import type { PrivateChanges } from './private-changes.ts';

const sizeOf = (part: object) => Buffer.byteLength(JSON.stringify(part));

const firstOf = (chat: ChatChanges, count: number): ChatChanges => {
  const changes = chat.changes.slice(0, count);
  const throughChangeSeq = changes.at(-1)?.changeSeq;
  return changes.length === chat.changes.length || throughChangeSeq === undefined
    ? chat
    : { ...chat, changes, throughChangeSeq, hasMore: true };
};

/** Keeps the first versions that fit together with their chats; at least one. */
export const truncatePrivateChanges = (
  own: PrivateChanges,
  chats: Map<string, Chat>,
  maxBytes: number,
): PrivateChanges => {
  let room = maxBytes;
  let last = own.rows[0]?.ver;
  for (const [i, { kind, ref, ver }] of own.rows.entries()) {
    if (room <= 0 && ver !== last)
      return { ...own, rows: own.rows.slice(0, i), userVer: Number(last), hasMore: true };
    const chat = kind === 'chat' ? chats.get(ref) : undefined;
    if (chat) room -= sizeOf(chat);
    last = ver;
  }
  return own;
};

/** Keeps the first changes that fit beside `own`; at least one. The next answer has the rest. */
export const truncateToBytes = (
  chats: ChatChanges[],
  own: object,
  maxBytes: number,
): ChatChanges[] => {
  let room = maxBytes - sizeOf(own);
  const fitting: ChatChanges[] = [];
  for (const chat of chats) {
    room -= sizeOf(chat.chat);
    let count = 0;
    for (const message of chat.changes) {
      if (room <= 0 && fitting.length + count > 0) break;
      room -= sizeOf(message);
      count += 1;
    }
    if (count > 0 || chat.changes.length === 0) fitting.push(firstOf(chat, count));
    if (room <= 0) break;
  }
  return fitting;
};
