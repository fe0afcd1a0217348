import type { Chat } from '@taar/contracts';
import { type ChatDb, Prisma } from '@taar/db';
import { visibleTo } from '@taar/domain/access';
import { personAsSeen, presenceAsSeen } from '@taar/domain/people';
import { chatNotFound } from './access.ts';
import { activityAt, changeSeqOf, isListed, mentionsOf, unreadOf } from './chat-fragments.ts';
import { selectMyMessages } from './select-messages.ts';
import { type ChatRow, toChat } from './to-chat.ts';

type Db = Pick<ChatDb, '$queryRaw'>;

/** A chat as its member sees it. */
export const readChat = async (db: Db, viewer: string, id: string): Promise<Chat> => {
  const [chat] = await readChatsById(db, viewer, [id]);
  if (!chat) throw chatNotFound();
  return chat;
};

export const readChatsById = (db: Db, viewer: string, ids: string[]): Promise<Chat[]> =>
  readChats(
    db,
    viewer,
    Prisma.sql`
      SELECT wanted.id AS chat_id, wanted.position
      FROM unnest(${ids}::uuid[]) WITH ORDINALITY AS wanted(id, position)`,
  );

/**
 * Chats as their member sees them, in one round trip. `page` selects `chat_id` and `position`, the
 * order of the answer: it sorts and cuts before unread messages are counted.
 */
export const readChats = async (db: Db, viewer: string, page: Prisma.Sql): Promise<Chat[]> => {
  const rows = await db.$queryRaw<ChatRow[]>`
    SELECT ${chatColumns()}, to_jsonb(last) AS "lastMessage"
    FROM (${page}) page
    JOIN chat_members member ON member.chat_id = page.chat_id
      AND member.user_id = ${viewer}::uuid
    JOIN chats chat ON chat.id = member.chat_id
    LEFT JOIN LATERAL (${peerOf(viewer)}) peer ON true
    LEFT JOIN LATERAL (${watermarksOf(viewer)}) watermarks ON true
    LEFT JOIN LATERAL (
      ${selectMyMessages}
      WHERE message.chat_id = chat.id
        AND member.user_id = ${viewer}::uuid
        AND ${visibleTo()}
      ORDER BY message.seq DESC
      LIMIT 1
    ) last ON true
    ORDER BY page.position`;
  return rows.map((row) => toChat(row, viewer));
};

/** Expects aliases: chat, member (chat_members), peer, watermarks. */
const chatColumns = () => Prisma.sql`
  chat.id,
  chat.is_group AS "isGroup",
  chat.name,
  chat.description,
  chat.avatar_url AS "avatarUrl",
  chat.created_by AS "createdBy",
  chat.created_at AS "createdAt",
  coalesce(member.left_at, chat.updated_at) AS "updatedAt",
  ${activityAt} AS "activityAt",
  chat.member_count AS "memberCount",
  chat.member_epoch AS "memberEpoch",
  coalesce(member.left_seq, chat.last_seq) AS "lastSeq",
  ${changeSeqOf} AS "changeSeq",
  chat.settings,
  member.role,
  member.left_at AS "leftAt",
  member.left_seq AS "leftSeq",
  member.left_view - 'roles' AS "leftView",
  member.removed_by AS "removedBy",
  member.last_read_seq AS "lastReadSeq",
  member.last_delivered_seq AS "lastDeliveredSeq",
  member.marked_unread AS "markedUnread",
  member.muted_until AS "mutedUntil",
  member.pinned_at AS "pinnedAt",
  member.archived_at AS "archivedAt",
  NOT ${isListed} AS hidden,
  member.cleared_before_seq AS "clearedBeforeSeq",
  member.joined_seq AS "joinedSeq",
  ${unreadOf} AS unread,
  ${mentionsOf} AS "mentionCount",
  peer.summary AS peer,
  peer.presence AS "peerPresence",
  coalesce(peer.blocked, false) AS "blockedByMe",
  watermarks.delivered AS "deliveredToAll",
  watermarks.read AS "readByAll"`;

/** The other member of a direct chat; the viewer in notes to themselves. Expects aliases: chat. */
const peerOf = (viewer: string) => Prisma.sql`
  SELECT
    ${personAsSeen(viewer)} AS summary,
    ${presenceAsSeen(viewer)} AS presence,
    EXISTS (
      SELECT FROM blocks block
      WHERE block.blocker_id = ${viewer}::uuid
        AND block.blocked_id = person.id) AS blocked
  FROM chat_members other
  JOIN users person ON person.id = other.user_id
  LEFT JOIN user_settings settings ON settings.user_id = person.id
  WHERE other.chat_id = chat.id
    AND NOT chat.is_group
  ORDER BY other.user_id = ${viewer}::uuid
  LIMIT 1`;

/**
 * How far all other members have the chat's messages and have read them. In a direct chat both
 * members must share read receipts. Expects aliases: chat.
 */
const watermarksOf = (viewer: string) => Prisma.sql`
  SELECT
    least(min(other.last_delivered_seq), min(unblocked.seq)) AS delivered,
    CASE
      WHEN chat.is_group OR NOT EXISTS (
        SELECT FROM chat_members reader
        JOIN user_settings settings ON settings.user_id = reader.user_id
        WHERE reader.chat_id = chat.id
          AND NOT settings.read_receipts)
      THEN least(min(other.last_read_seq), min(unblocked.seq))
      ELSE 0
    END AS read
  FROM chat_members other
  LEFT JOIN LATERAL (${lastBeforeBlock(viewer)}) unblocked ON NOT chat.is_group
  WHERE other.chat_id = chat.id
    AND other.left_at IS NULL
    AND other.user_id <> ${viewer}::uuid`;

/** Last message before a block by the other member swallowed one. Expects aliases: chat, other. */
const lastBeforeBlock = (viewer: string) => Prisma.sql`
  SELECT min(message.seq) - 1 AS seq
  FROM messages message
  JOIN blocks block ON block.blocker_id = other.user_id
    AND block.blocked_id = ${viewer}::uuid
    AND message.created_at >= block.created_at
  WHERE message.chat_id = chat.id
    AND message.visible_to = ${viewer}::uuid`;
