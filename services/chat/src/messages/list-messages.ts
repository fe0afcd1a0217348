import type { Input, Output, chatRest } from '@taar/contracts';
import type { ChatDb } from '@taar/db';
import { visibleTo } from '@taar/domain/access';
import type { Actor } from '@taar/kit/auth';
import { defaultLimit } from '@taar/kit/cursor';
import { chatNotFound } from '../core/access.ts';
import { changeSeqOf } from '../core/chat-fragments.ts';
import { readChanges } from '../core/read-changes.ts';
import { selectMyMessages } from '../core/select-messages.ts';
import { type MessageRow, toMessage } from '../core/to-message.ts';
import type { Deps } from '../deps.ts';

type Query = Input<typeof chatRest.listMessages>;
type Page = Output<typeof chatRest.listMessages>;
type Head = Page['chat'];

/** The range of a chat's messages that its member may see. */
type Reach = {
  head: Head;
  /** Messages below it are from before the member joined, or were cleared. */
  lowestSeq: number;
};

/** Lists messages by their number, or with `changedAfter` by the number of their last change. */
export const listMessages = async (
  { db }: Pick<Deps, 'db'>,
  { userId }: Actor,
  query: Query,
): Promise<Page> => {
  const reach = await readReach(db, query.chatId, userId);
  return query.changedAfter === undefined
    ? pageBySeq(db, userId, query, reach)
    : pageByChange(db, userId, query, reach);
};

/** Ends for a former member where they left. */
const readReach = async (db: ChatDb, chatId: string, userId: string): Promise<Reach> => {
  const [row] = await db.$queryRaw<Record<keyof Head | 'lowestSeq', bigint>[]>`
    SELECT
      coalesce(member.left_seq, chat.last_seq) AS "lastSeq",
      ${changeSeqOf} AS "changeSeq",
      member.last_read_seq AS "myLastReadSeq",
      member.user_ver AS "myVer",
      greatest(member.cleared_before_seq + 1, least(member.joined_seq, (
        SELECT min(span.joined_seq)
        FROM member_spans span
        WHERE span.chat_id = member.chat_id
          AND span.user_id = member.user_id))) AS "lowestSeq"
    FROM chat_members member
    JOIN chats chat ON chat.id = member.chat_id
    WHERE member.chat_id = ${chatId}::uuid
      AND member.user_id = ${userId}::uuid`;
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

const pageBySeq = async (db: ChatDb, userId: string, query: Query, reach: Reach): Promise<Page> => {
  const coverage = coverageOf(query, reach);
  const rows = await db.$queryRaw<MessageRow[]>`
    ${selectMyMessages}
    WHERE message.chat_id = ${query.chatId}::uuid
      AND member.user_id = ${userId}::uuid
      AND message.seq BETWEEN ${coverage.fromSeq} AND ${coverage.toSeq}
      AND ${visibleTo()}
    ORDER BY message.seq`;
  return {
    items: rows.map((row) => toMessage(row, userId)),
    coverage,
    nextCursor: nextCursorOf(query, coverage, reach.head.lastSeq),
    chat: reach.head,
  };
};

type Coverage = { fromSeq: number; toSeq: number };

/** The closed range of numbers that the page is complete for; not all of it need be visible. */
const coverageOf = (
  { beforeSeq, afterSeq, aroundSeq, limit = defaultLimit }: Query,
  { head: { lastSeq }, lowestSeq }: Reach,
): Coverage => {
  const upTo = (seq: number) => Math.max(0, Math.min(lastSeq, seq));
  if (afterSeq !== undefined)
    return {
      fromSeq: afterSeq + 1,
      toSeq: upTo(Math.max(afterSeq, lowestSeq - 1) + limit),
    };
  const middle = aroundSeq === undefined ? null : Math.max(lowestSeq, Math.min(lastSeq, aroundSeq));
  const end = middle === null ? (beforeSeq ?? Infinity) : middle + Math.ceil(limit / 2);
  const toSeq = upTo(end - 1);
  const fromSeq = Math.max(1, toSeq - limit + 1);
  return { fromSeq: fromSeq <= lowestSeq ? 1 : fromSeq, toSeq };
};

const nextCursorOf = (
  { afterSeq, aroundSeq }: Query,
  { fromSeq, toSeq }: Coverage,
  lastSeq: number,
) => {
  if (aroundSeq !== undefined) return null;
  if (afterSeq !== undefined) return toSeq < lastSeq ? String(toSeq) : null;
  return fromSeq > 1 ? String(fromSeq) : null;
};

const pageByChange = async (
  db: ChatDb,
  userId: string,
  { chatId: id, changedAfter: known = 0, limit = defaultLimit }: Query,
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
