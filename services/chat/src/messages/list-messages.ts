import type { Input, Output, chatRest } from '@taar/contracts';
import type { ChatDb } from '@taar/db';
import { visibleTo } from '@taar/domain/access';
import type { Actor } from '@taar/kit/auth';
import { defaultLimit } from '@taar/kit/cursor';
import type { Deps } from '../deps.ts';
import { changeSeqOf } from '../core/chat-rows.ts';
import { chatNotFound } from '../core/access.ts';
import { readChanges } from '../core/chat-changes.ts';
import { type MessageRow, selectMyMessages, toMessage } from '../core/message-rows.ts';

type Query = Input<typeof chatRest.listMessages>;
type Page = Output<typeof chatRest.listMessages>;
type Span = { fromSeq: number; toSeq: number };
type Head = Page['chat'];
type Reach = {
  head: Head;
  /** Below it nothing is to be seen: from before they joined, or cleared. */
  lowestSeq: number;
};

/** The chat as far as this member may know it: a former member's ends where they left. */
const readReach = async (db: ChatDb, chatId: string, userId: string): Promise<Reach> => {
  const [row] = await db.$queryRaw<Record<keyof Head | 'lowestSeq', bigint>[]>`
    SELECT coalesce(me.left_seq, c.last_seq) AS "lastSeq", ${changeSeqOf} AS "changeSeq",
      me.last_read_seq AS "myLastReadSeq", me.user_ver AS "myVer",
      greatest(me.cleared_before_seq + 1, least(me.joined_seq, (
        SELECT min(s.joined_seq) FROM member_spans s
        WHERE s.chat_id = me.chat_id AND s.user_id = me.user_id))) AS "lowestSeq"
    FROM chat_members me JOIN chats c ON c.id = me.chat_id
    WHERE me.chat_id = ${chatId}::uuid AND me.user_id = ${userId}::uuid`;
  if (!row) throw chatNotFound();
  return {
    head: {
      lastSeq: Number(row.lastSeq),
      changeSeq: Number(row.changeSeq),
      myLastReadSeq: Number(row.myLastReadSeq),
      myVer: Number(row.myVer),
    },
    lowestSeq: Number(row.lowestSeq),
  };
};

/** The closed range of positions that a page accounts for, whatever of it the caller may see. */
const spanOf = (
  { beforeSeq, afterSeq, aroundSeq }: Query,
  limit: number,
  { head: { lastSeq }, lowestSeq }: Reach,
): Span => {
  const upTo = (seq: number) => Math.max(0, Math.min(lastSeq, seq));
  if (afterSeq !== undefined)
    return {
      fromSeq: afterSeq + 1,
      toSeq: upTo(Math.max(afterSeq, lowestSeq - 1) + limit),
    };
  const around = aroundSeq === undefined ? null : Math.max(lowestSeq, Math.min(lastSeq, aroundSeq));
  const toSeq = upTo(
    (around === null ? (beforeSeq ?? Infinity) : around + Math.ceil(limit / 2)) - 1,
  );
  const fromSeq = Math.max(1, toSeq - limit + 1);
  return { fromSeq: fromSeq <= lowestSeq ? 1 : fromSeq, toSeq };
};

const nextOf = ({ afterSeq, aroundSeq }: Query, { fromSeq, toSeq }: Span, lastSeq: number) => {
  if (aroundSeq !== undefined) return null;
  if (afterSeq !== undefined) return toSeq < lastSeq ? String(toSeq) : null;
  return fromSeq > 1 ? String(fromSeq) : null;
};

const bySeq = async (
  db: ChatDb,
  userId: string,
  query: Query,
  limit: number,
  reach: Reach,
): Promise<Page> => {
  const coverage = spanOf(query, limit, reach);
  const rows = await db.$queryRaw<MessageRow[]>`${selectMyMessages}
    WHERE m.chat_id = ${query.chatId}::uuid AND me.user_id = ${userId}::uuid
      AND m.seq BETWEEN ${coverage.fromSeq} AND ${coverage.toSeq} AND ${visibleTo({ message: 'm', member: 'me' })}
    ORDER BY m.seq`;
  return {
    items: rows.map((row) => toMessage(row, userId)),
    coverage,
    nextCursor: nextOf(query, coverage, reach.head.lastSeq),
    chat: reach.head,
  };
};

const byChange = async (
  db: ChatDb,
  userId: string,
  { chatId: id, changedAfter: known = 0 }: Query,
  limit: number,
  { head }: Reach,
): Promise<Page> => {
  const behind = { id, known, target: head.changeSeq };
  const found = (await readChanges(db, userId, [behind], limit)).get(id);
  return {
    items: found?.changes ?? [],
    coverage: null,
    nextCursor: found?.hasMore ? String(found.throughChangeSeq) : null,
    chat: head,
  };
};

export const listMessages = async (
  { db }: Pick<Deps, 'db'>,
  { userId }: Actor,
  query: Query,
): Promise<Page> => {
  const reach = await readReach(db, query.chatId, userId);
  const limit = query.limit ?? defaultLimit;
  return query.changedAfter === undefined
    ? bySeq(db, userId, query, limit, reach)
    : byChange(db, userId, query, limit, reach);
};
