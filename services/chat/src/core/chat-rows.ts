import type { Chat } from '@taar/contracts';
import { type ChatDb, Prisma } from '@taar/db';
import { visibleTo } from '@taar/domain/access';
import { personAsSeen, presenceAsSeen } from '@taar/domain/people';
import { chatNotFound } from './access.ts';
import { exitOf } from './snapshots.ts';
import { type MessageRow, isGone, selectMyMessages } from './message-rows.ts';
import { type ChatRow, toChat } from './to-chat.ts';

const maxUnread = 999;

/** Unread messages of `me` in their chat, counted and never stored; stops counting at the cap. */
export const unreadOf = Prisma.sql`(SELECT count(*)::int FROM (SELECT 1 FROM messages m
  WHERE m.chat_id = me.chat_id AND m.deleted_at IS NULL AND m.message_type <> 'system'
    AND m.seq > greatest(me.last_read_seq, me.cleared_before_seq)
    AND m.sender_id IS DISTINCT FROM me.user_id
    AND coalesce(m.expires_at > clock_timestamp(), true) AND ${visibleTo({ message: 'm', member: 'me' })} LIMIT ${Prisma.raw(String(maxUnread))}) unread)`;

const mentionsOf = Prisma.sql`(SELECT count(*)::int FROM message_mentions n JOIN messages m ON m.id = n.message_id
  WHERE n.user_id = me.user_id AND n.chat_id = me.chat_id AND NOT ${isGone()}
    AND n.seq > greatest(me.last_read_seq, me.cleared_before_seq) AND ${visibleTo({ message: 'm', member: 'me' })})`;

/**
 * Chats that are in their member's list: one deleted for them comes back with a newer message, and
 * stays where they delete that one too.
 */
export const isListed = Prisma.sql`(me.hidden_at IS NULL OR me.left_at IS NULL AND EXISTS (
  SELECT FROM messages m WHERE m.chat_id = me.chat_id AND m.seq > me.cleared_before_seq
    AND (m.visible_to IS NULL OR m.visible_to = me.user_id)))`;

/**
 * Up to where the chat's changes are its member's: a former one's end where they left, but for
 * deletions.
 */
export const changeSeqOf = Prisma.sql`(CASE WHEN me.left_at IS NULL OR c.closed_at IS NOT NULL
  THEN c.change_seq ELSE greatest(coalesce(${exitOf}, c.change_seq), me.taken_seq) END)`;

/**
 * When something last happened in a chat for `me`: to a former member nothing after they left, to
 * the sender also what a block swallowed.
 */
export const activityAt = Prisma.sql`coalesce(me.left_at, greatest(c.last_message_at, c.created_at, (
  SELECT max(m.created_at) FROM messages m WHERE m.visible_to = me.user_id AND m.chat_id = me.chat_id)))`;

/** What a chat row needs beside its columns: SELECT … FROM chat_members me JOIN chats c. */
const chatColumns = Prisma.sql`c.id, c.is_group, c.name, c.description,
  c.avatar_url, c.created_by, c.created_at, coalesce(me.left_at, c.updated_at) AS updated_at,
  ${activityAt} AS activity_at, c.member_count, c.member_epoch,
  coalesce(me.left_seq, c.last_seq) AS last_seq, ${changeSeqOf} AS change_seq, c.settings, me.role, me.left_at,
  me.left_seq, me.left_view - 'roles' AS left_view, me.removed_by, me.last_read_seq, me.last_delivered_seq, me.marked_unread,
  me.muted_until, me.pinned_at, me.archived_at, NOT ${isListed} AS hidden, me.cleared_before_seq, me.joined_seq,
  ${unreadOf} AS unread, ${mentionsOf} AS mention_count,
  p.person AS peer, p.presence AS peer_presence, coalesce(p.blocked, false) AS blocked_by_me,
  w.delivered AS delivered_to_all, w.read AS read_by_all`;

const chatJoins = (viewer: string) => Prisma.sql`
  LEFT JOIN LATERAL (
    SELECT ${personAsSeen(viewer)} AS person, ${presenceAsSeen(viewer)} AS presence,
      EXISTS (SELECT FROM blocks b WHERE b.blocker_id = ${viewer}::uuid AND b.blocked_id = person.id) AS blocked
    FROM chat_members o JOIN users person ON person.id = o.user_id
    LEFT JOIN user_settings settings ON settings.user_id = person.id
    WHERE o.chat_id = c.id AND NOT c.is_group
    ORDER BY o.user_id = ${viewer}::uuid LIMIT 1
  ) p ON true
  LEFT JOIN LATERAL (
    -- In a direct chat what was read is shared only where both share it.
    SELECT least(min(o.last_delivered_seq), min(heard.seq)) AS delivered, CASE WHEN c.is_group OR NOT EXISTS (
        SELECT FROM chat_members x JOIN user_settings xs ON xs.user_id = x.user_id
        WHERE x.chat_id = c.id AND NOT xs.read_receipts
      ) THEN least(min(o.last_read_seq), min(heard.seq)) ELSE 0 END AS read
    FROM chat_members o LEFT JOIN LATERAL (
      -- Of one who blocks me only what was said before.
      SELECT min(m.seq) - 1 AS seq FROM messages m
      JOIN blocks b ON b.blocker_id = o.user_id AND b.blocked_id = ${viewer}::uuid AND m.created_at >= b.created_at
      WHERE m.chat_id = c.id AND m.visible_to = ${viewer}::uuid
    ) heard ON NOT c.is_group
    WHERE o.chat_id = c.id AND o.left_at IS NULL AND o.user_id <> ${viewer}::uuid
  ) w ON true`;

// JSON has no dates.
const revived = (row: MessageRow): MessageRow => {
  const date = (value: Date | null) => (value === null ? null : new Date(value));
  return {
    ...row,
    edited_at: date(row.edited_at),
    deleted_at: date(row.deleted_at),
    expires_at: date(row.expires_at),
    created_at: new Date(row.created_at),
    updated_at: new Date(row.updated_at),
  };
};

/**
 * Chats as their member sees them, in one round trip. `page` selects `chat_id` and `place`, in
 * which order they are answered: sorting and cutting come before anything is counted.
 */
export const readChats = async (
  db: Pick<ChatDb, '$queryRaw'>,
  viewer: string,
  page: Prisma.Sql,
): Promise<Chat[]> => {
  const rows = await db.$queryRaw<ChatRow[]>`
    SELECT ${chatColumns}, to_jsonb(last) AS last_message
    FROM (${page}) page
    JOIN chat_members me ON me.chat_id = page.chat_id AND me.user_id = ${viewer}::uuid
    JOIN chats c ON c.id = me.chat_id ${chatJoins(viewer)}
    LEFT JOIN LATERAL (${selectMyMessages} WHERE m.chat_id = c.id AND me.user_id = ${viewer}::uuid
      AND ${visibleTo({ message: 'm', member: 'me' })} ORDER BY m.seq DESC LIMIT 1) last ON true
    ORDER BY page.place`;
  return rows.map((row) => toChat(row, row.last_message && revived(row.last_message), viewer));
};

export const readChatsById = (db: Pick<ChatDb, '$queryRaw'>, viewer: string, ids: string[]) =>
  readChats(
    db,
    viewer,
    Prisma.sql`SELECT t.id AS chat_id, t.place FROM unnest(${ids}::uuid[]) WITH ORDINALITY AS t(id, place)`,
  );

export const readChat = async (
  db: Pick<ChatDb, '$queryRaw'>,
  viewer: string,
  id: string,
): Promise<Chat> => {
  const [chat] = await readChatsById(db, viewer, [id]);
  if (!chat) throw chatNotFound();
  return chat;
};
