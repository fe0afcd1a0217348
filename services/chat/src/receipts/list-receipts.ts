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
type Row = { userId: string; person: PersonRow; deliveredAt: Date | null; readAt: Date | null };

export const listReceipts = async (
  { db }: Pick<Deps, 'db'>,
  { userId }: Actor,
  { chatId, messageId, cursor, limit = defaultLimit }: Query,
): Promise<Receipts> => {
  await assertMember(db, chatId, userId);
  const message = await findMessage(db, userId, messageId);
  if (!message || message.chatId !== chatId)
    throw new AppError('message_not_found', 'No such message in this chat.');
  if (message.senderId !== userId)
    throw new AppError('forbidden', 'Only the sender of a message may list its receipts.');
  const after = cursor === undefined ? null : fromCursor([messageId], cursor, ['uuid'])[0];
  const rows = await readReceipts(db, { viewerId: userId, chatId, seq: message.seq, after, limit });

  const { page, nextCursor } = cutPage(rows, { filters: [messageId], limit }, (row) => [
    row.userId,
  ]);
  const listBy = (timeOf: (row: Row) => Date | null) =>
    page.flatMap((row) => {
      const at = timeOf(row);
      return at ? [{ user: toUserSummary(row.person), at: at.toISOString() }] : [];
    });
  const pending: UserSummary[] = page
    .filter((row) => !row.deliveredAt && !row.readAt)
    .map((row) => toUserSummary(row.person));
  return {
    delivered: listBy((row) => row.deliveredAt ?? row.readAt),
    read: listBy((row) => row.readAt),
    pending,
    nextCursor,
  };
};

type Page = { viewerId: string; chatId: string; seq: number; after: string | null; limit: number };

/** The other members who were in the chat at the message. A message that a block hides has none. */
const readReceipts = (db: ChatDb, { viewerId, chatId, seq, after, limit }: Page) =>
  db.$queryRaw<Row[]>`
    SELECT
      member.user_id AS "userId",
      ${personAsSeen(viewerId)} AS person,
      CASE
        WHEN message.visible_to IS NULL AND member.last_delivered_seq >= ${seq}
        THEN coalesce(${timeOfStep('d', seq)}, member.last_delivered_at, member.last_read_at)
      END AS "deliveredAt",
      CASE
        WHEN message.visible_to IS NULL AND member.last_read_seq >= ${seq} AND ${sharesReads}
        THEN coalesce(${timeOfStep('r', seq)}, member.last_read_at)
      END AS "readAt"
    FROM chat_members member
    JOIN chats chat ON chat.id = member.chat_id
    JOIN messages message ON message.chat_id = chat.id
      AND message.seq = ${seq}
    JOIN users person ON person.id = member.user_id
    LEFT JOIN user_settings settings ON settings.user_id = person.id
    WHERE member.chat_id = ${chatId}::uuid
      AND member.user_id <> ${viewerId}::uuid
      AND member.joined_seq <= ${seq}
      AND (member.left_at IS NULL OR member.left_seq > ${seq})
      ${after === null ? Prisma.empty : Prisma.sql`AND member.user_id > ${after}::uuid`}
    ORDER BY member.user_id
    LIMIT ${limit + 1}::int`;

/** Time of the member's first step that reached the message. Expects aliases: member. */
const timeOfStep = (kind: 'd' | 'r', seq: number) => Prisma.sql`(
  SELECT step.at
  FROM message_receipts step
  WHERE step.chat_id = member.chat_id
    AND step.user_id = member.user_id
    AND step.kind = ${kind}
    AND step.up_to_seq >= ${seq}
  ORDER BY step.up_to_seq
  LIMIT 1)`;

/** In a direct chat either member can turn read receipts off. Expects aliases: chat (chats). */
const sharesReads = Prisma.sql`(
  chat.is_group
  OR NOT EXISTS (
    SELECT FROM chat_members either_member
    JOIN user_settings either_settings ON either_settings.user_id = either_member.user_id
    WHERE either_member.chat_id = chat.id
      AND NOT either_settings.read_receipts))`;
