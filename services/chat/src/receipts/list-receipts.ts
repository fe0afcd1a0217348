import type { Input, Output, UserSummary, receiptsRest } from '@taar/contracts';
import { type ChatDb, Prisma } from '@taar/db';
import { type PersonRow, personAsSeen, toUserSummary } from '@taar/domain/people';
import type { Actor } from '@taar/kit/auth';
import { cutPage, defaultLimit, fromCursor } from '@taar/kit/cursor';
import { AppError } from '@taar/kit/errors';
import type { Deps } from '../deps.ts';
import { assertMember } from '../core/access.ts';
import { findMessage } from '../core/select-messages.ts';

type Query = Input<typeof receiptsRest.listReceipts>;
type Receipts = Output<typeof receiptsRest.listReceipts>;
type Row = { user_id: string; person: PersonRow; delivered_at: Date | null; read_at: Date | null };

/** A message's time is that of the member's first step at or past it. */
const stepAt = (kind: 'd' | 'r', seq: number) => Prisma.sql`(
  SELECT s.at FROM message_receipts s WHERE s.chat_id = o.chat_id AND s.user_id = o.user_id
    AND s.kind = ${kind} AND s.up_to_seq >= ${seq} ORDER BY s.up_to_seq LIMIT 1)`;

/** Whether the two of a direct chat share what they read; in groups everyone does. */
const shared = Prisma.sql`(c.is_group OR NOT EXISTS (SELECT FROM chat_members x JOIN user_settings xs
  ON xs.user_id = x.user_id WHERE x.chat_id = c.id AND NOT xs.read_receipts))`;

const listRows = (
  db: ChatDb,
  me: string,
  chatId: string,
  seq: number,
  after: string | null,
  limit: number,
) =>
  db.$queryRaw<Row[]>`
    SELECT o.user_id, ${personAsSeen(me)} AS person,
      CASE WHEN m.visible_to IS NULL AND o.last_delivered_seq >= ${seq} THEN coalesce(${stepAt('d', seq)}, o.last_delivered_at, o.last_read_at) END AS delivered_at,
      CASE WHEN m.visible_to IS NULL AND o.last_read_seq >= ${seq} AND ${shared} THEN coalesce(${stepAt('r', seq)}, o.last_read_at) END AS read_at
    FROM chat_members o JOIN chats c ON c.id = o.chat_id
    JOIN messages m ON m.chat_id = c.id AND m.seq = ${seq}
    JOIN users person ON person.id = o.user_id
    LEFT JOIN user_settings settings ON settings.user_id = person.id
    WHERE o.chat_id = ${chatId}::uuid AND o.user_id <> ${me}::uuid
      AND o.joined_seq <= ${seq} AND (o.left_at IS NULL OR o.left_seq > ${seq})
      ${after === null ? Prisma.empty : Prisma.sql`AND o.user_id > ${after}::uuid`}
    ORDER BY o.user_id LIMIT ${limit + 1}::int`;

export const listReceipts = async (
  { db }: Pick<Deps, 'db'>,
  { userId }: Actor,
  { chatId, messageId, cursor, limit = defaultLimit }: Query,
): Promise<Receipts> => {
  await assertMember(db, chatId, userId);
  const message = await findMessage(db, userId, messageId);
  if (!message || message.chatId !== chatId)
    throw new AppError('message_not_found', 'No such message in this chat.');
  if (message.senderId !== userId) throw new AppError('forbidden', 'Only its sender may ask this.');
  const after = cursor === undefined ? null : fromCursor([messageId], cursor, ['uuid'])[0];
  const rows = await listRows(db, userId, chatId, message.seq, after, limit);

  const { page, nextCursor } = cutPage(rows, { filters: [messageId], limit }, (row) => [
    row.user_id,
  ]);
  const seen = (at: (row: Row) => Date | null) =>
    page.flatMap((row) => {
      const when = at(row);
      return when ? [{ user: toUserSummary(row.person), at: when.toISOString() }] : [];
    });
  const pending: UserSummary[] = page
    .filter((row) => !row.delivered_at && !row.read_at)
    .map((row) => toUserSummary(row.person));
  return {
    delivered: seen((row) => row.delivered_at ?? row.read_at),
    read: seen((row) => row.read_at),
    pending,
    nextCursor,
  };
};
