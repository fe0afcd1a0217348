import type { Input, Output, chatRest } from '@taar/contracts';
import { type ChatDb, Prisma } from '@taar/db';
import { sees } from '@taar/domain/access';
import type { Actor } from '@taar/kit/auth';
import type { Deps } from '../deps.ts';
import { chatNotFound } from '../members/access.ts';
import { type MessageRow, selectMyMessages, toMessage } from './queries.ts';

type Query = Input<typeof chatRest.listMessages>;
type Page = Output<typeof chatRest.listMessages>;
type Span = { fromSeq: number; toSeq: number };
type Head = { lastSeq: number; changeSeq: number; myLastReadSeq: number; myVer: number };

const defaultLimit = 50;

/** The chat as far as this member may know it: a former member's ends where they left. */
const readHead = async (db: ChatDb, chatId: string, userId: string): Promise<Head> => {
  const [row] = await db.$queryRaw<Record<keyof Head, bigint>[]>`
    SELECT coalesce(me.left_seq, c.last_seq) AS "lastSeq", c.change_seq AS "changeSeq",
      me.last_read_seq AS "myLastReadSeq", me.user_ver AS "myVer"
    FROM chat_members me JOIN chats c ON c.id = me.chat_id
    WHERE me.chat_id = ${chatId}::uuid AND me.user_id = ${userId}::uuid`;
  if (!row) throw chatNotFound();
  return {
    lastSeq: Number(row.lastSeq),
    changeSeq: Number(row.changeSeq),
    myLastReadSeq: Number(row.myLastReadSeq),
    myVer: Number(row.myVer),
  };
};

/** The closed range of positions that a page accounts for, whatever of it the caller may see. */
const spanOf = (
  { beforeSeq, afterSeq, aroundSeq }: Query,
  limit: number,
  lastSeq: number,
): Span => {
  const span = (from: number, to: number) => ({
    fromSeq: Math.max(1, from),
    toSeq: Math.max(0, Math.min(lastSeq, to)),
  });
  if (afterSeq !== undefined) return span(afterSeq + 1, afterSeq + limit);
  if (aroundSeq !== undefined) {
    const from = Math.max(1, aroundSeq - Math.floor(limit / 2));
    return span(from, from + limit - 1);
  }
  const to = Math.min(lastSeq, (beforeSeq ?? lastSeq + 1) - 1);
  return span(to - limit + 1, to);
};

const bySeq = async (
  db: ChatDb,
  userId: string,
  query: Query,
  limit: number,
  head: Head,
): Promise<Page> => {
  const coverage = spanOf(query, limit, head.lastSeq);
  const rows = await db.$queryRaw<MessageRow[]>`${selectMyMessages}
    WHERE m.chat_id = ${query.chatId}::uuid AND me.user_id = ${userId}::uuid
      AND m.seq BETWEEN ${coverage.fromSeq} AND ${coverage.toSeq} AND ${sees()}
    ORDER BY m.seq`;
  const next =
    query.afterSeq === undefined
      ? coverage.fromSeq > 1 && coverage.fromSeq
      : coverage.toSeq < head.lastSeq && coverage.toSeq;
  return {
    items: rows.map((row) => toMessage(row, userId)),
    coverage,
    nextCursor: next ? String(next) : null,
    chat: head,
  };
};

const byChange = async (
  db: ChatDb,
  userId: string,
  { chatId, changedAfter }: Query,
  limit: number,
  head: Head,
): Promise<Page> => {
  const rows = await db.$queryRaw<MessageRow[]>`${selectMyMessages}
    WHERE m.chat_id = ${chatId}::uuid AND me.user_id = ${userId}::uuid
      AND m.change_seq > ${changedAfter!} AND ${sees()}
    ORDER BY m.change_seq LIMIT ${Prisma.sql`${limit + 1}::int`}`;
  const items = rows.slice(0, limit).map((row) => toMessage(row, userId));
  return {
    items,
    coverage: null,
    nextCursor: rows.length > limit ? String(items.at(-1)!.changeSeq) : null,
    chat: head,
  };
};

export const listMessages = async (
  { db }: Pick<Deps, 'db'>,
  { userId }: Actor,
  query: Query,
): Promise<Page> => {
  const head = await readHead(db, query.chatId, userId);
  const limit = query.limit ?? defaultLimit;
  return query.changedAfter === undefined
    ? bySeq(db, userId, query, limit, head)
    : byChange(db, userId, query, limit, head);
};
