import type { Chat, ChatInfo, Presence, Role } from '@taar/contracts';
import { type ChatDb, Prisma } from '@taar/db';
import { sees } from '@taar/domain/access';
import { type PersonRow, personAsSeen, presenceAsSeen, toUserSummary } from '@taar/domain/people';
import { chatNotFound, withDefaults } from '../members/access.ts';
import { type MessageRow, isGone, selectMyMessages, toMessage } from '../messages/queries.ts';

type ChatRow = {
  id: string;
  is_group: boolean;
  name: string | null;
  description: string | null;
  avatar_url: string | null;
  created_by: string | null;
  created_at: Date;
  updated_at: Date;
  activity_at: Date;
  member_count: number;
  member_epoch: number;
  last_seq: bigint;
  change_seq: bigint;
  settings: unknown;
  role: Role;
  left_at: Date | null;
  left_seq: bigint | null;
  removed_by: string | null;
  last_read_seq: bigint;
  last_delivered_seq: bigint;
  marked_unread: boolean;
  muted_until: Date | null;
  pinned_at: Date | null;
  archived_at: Date | null;
  hidden: boolean;
  cleared_before_seq: bigint;
  joined_seq: bigint;
  unread: number;
  mention_count: number;
  peer: PersonRow | null;
  peer_presence: Presence | null;
  blocked_by_me: boolean;
  delivered_to_all: bigint | null;
  read_by_all: bigint | null;
  last_message: MessageRow | null;
};

const maxUnread = 999;

/** Unread messages of `me` in their chat, counted and never stored; stops counting at the cap. */
export const unreadOf = Prisma.sql`(SELECT count(*)::int FROM (SELECT 1 FROM messages m
  WHERE m.chat_id = me.chat_id AND m.deleted_at IS NULL AND m.message_type <> 'system'
    AND m.seq > greatest(me.last_read_seq, me.cleared_before_seq)
    AND m.sender_id IS DISTINCT FROM me.user_id
    AND coalesce(m.expires_at > clock_timestamp(), true) AND ${sees()} LIMIT ${Prisma.raw(String(maxUnread))}) unread)`;

const mentionsOf = Prisma.sql`(SELECT count(*)::int FROM message_mentions n JOIN messages m ON m.id = n.message_id
  WHERE n.user_id = me.user_id AND n.chat_id = me.chat_id AND NOT ${isGone()}
    AND n.seq > greatest(me.last_read_seq, me.cleared_before_seq) AND ${sees()})`;

/** Chats that are in their member's list: one deleted for them comes back with a newer message. */
export const isListed = Prisma.sql`(me.hidden_at IS NULL
  OR (me.left_at IS NULL AND c.last_message_at > me.hidden_at))`;

/** Up to where the chat's changes are its member's: a former one's end where they left. */
export const changeSeqOf = Prisma.sql`(CASE WHEN me.left_at IS NULL OR c.closed_at IS NOT NULL
  THEN c.change_seq ELSE coalesce((SELECT x.change_seq FROM messages x
    WHERE x.chat_id = c.id AND x.seq = me.left_seq), c.change_seq) END)`;

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
  me.left_seq, me.removed_by, me.last_read_seq, me.last_delivered_seq, me.marked_unread,
  me.muted_until, me.pinned_at, me.archived_at, NOT ${isListed} AS hidden, me.cleared_before_seq, me.joined_seq,
  ${unreadOf} AS unread, ${mentionsOf} AS mention_count,
  p.person AS peer, p.presence AS peer_presence, coalesce(p.blocked, false) AS blocked_by_me,
  w.delivered AS delivered_to_all, w.read AS read_by_all`;

const chatJoins = (viewer: string) => Prisma.sql`
  LEFT JOIN LATERAL (
    SELECT ${personAsSeen(viewer)} AS person, ${presenceAsSeen(viewer)} AS presence,
      EXISTS (SELECT FROM blocks b WHERE b.blocker_id = ${viewer}::uuid AND b.blocked_id = u.id) AS blocked
    FROM chat_members o JOIN users u ON u.id = o.user_id LEFT JOIN user_settings us ON us.user_id = u.id
    WHERE o.chat_id = c.id AND NOT c.is_group
    ORDER BY o.user_id = ${viewer}::uuid LIMIT 1
  ) p ON true
  LEFT JOIN LATERAL (
    -- In a direct chat what was read is shared only where both share it.
    SELECT min(o.last_delivered_seq) AS delivered, CASE WHEN c.is_group OR NOT EXISTS (
        SELECT FROM chat_members x JOIN user_settings xs ON xs.user_id = x.user_id
        WHERE x.chat_id = c.id AND NOT xs.read_receipts
      ) THEN min(o.last_read_seq) ELSE 0 END AS read FROM chat_members o
    WHERE o.chat_id = c.id AND o.left_at IS NULL AND o.user_id <> ${viewer}::uuid
  ) w ON true`;

const time = (at: Date | null) => at?.toISOString() ?? null;

/** Row to wire. */
const toChat = (row: ChatRow, lastMessage: MessageRow | null, viewer: string): Chat => ({
  id: row.id,
  isGroup: row.is_group,
  name: row.name,
  description: row.description,
  avatarUrl: row.avatar_url,
  createdBy: row.created_by,
  createdAt: row.created_at.toISOString(),
  updatedAt: row.updated_at.toISOString(),
  lastActivityAt: row.activity_at.toISOString(),
  memberCount: row.member_count,
  memberEpoch: row.member_epoch,
  lastSeq: Number(row.last_seq),
  changeSeq: Number(row.change_seq),
  ...(row.peer && {
    peer: {
      ...toUserSummary(row.peer),
      presence: row.peer_presence ?? { online: null, lastSeen: null },
      blockedByMe: row.blocked_by_me,
    },
  }),
  settings: withDefaults(row.settings),
  lastMessage: lastMessage && toMessage(lastMessage, viewer),
  my: {
    role: row.role,
    membership: row.left_at === null ? 'active' : row.removed_by === null ? 'left' : 'removed',
    lastReadSeq: Number(row.last_read_seq),
    lastDeliveredSeq: Number(row.last_delivered_seq),
    unreadCount: row.unread,
    mentionCount: row.mention_count,
    markedUnread: row.marked_unread,
    mutedUntil: time(row.muted_until),
    pinnedAt: time(row.pinned_at),
    archived: row.archived_at !== null,
    hidden: row.hidden,
    clearedBeforeSeq: Number(row.cleared_before_seq),
    joinedSeq: Number(row.joined_seq),
    leftSeq: row.left_seq === null ? null : Number(row.left_seq),
  },
  ...(row.delivered_to_all !== null && {
    receipts: {
      deliveredToAllUpToSeq: Number(row.delivered_to_all),
      readByAllUpToSeq: Number(row.read_by_all),
    },
  }),
});

/** What is the same for every member. */
export const toChatInfo = (
  row: Pick<ChatInfo, 'name' | 'description' | 'avatarUrl' | 'memberCount' | 'memberEpoch'> & {
    settings: unknown;
  },
): ChatInfo => ({
  name: row.name,
  description: row.description,
  avatarUrl: row.avatarUrl,
  settings: withDefaults(row.settings),
  memberCount: row.memberCount,
  memberEpoch: row.memberEpoch,
});

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
      AND ${sees()} ORDER BY m.seq DESC LIMIT 1) last ON true
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
