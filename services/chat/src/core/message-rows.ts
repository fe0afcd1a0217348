import type { MediaRef, Message, MessagePreview } from '@taar/contracts';
import { type ChatDb, Prisma } from '@taar/db';
import { visibleTo } from '@taar/domain/access';
import { AppError } from '@taar/kit/errors';
import { asLeft, contentFor } from './snapshots.ts';

export type MessageRow = {
  id: string;
  chat_id: string;
  seq: bigint;
  change_seq: bigint;
  client_message_id: string | null;
  sender_id: string | null;
  message_type: Message['messageType'];
  content: string | null;
  media_url: string | null;
  reply_to_id: string | null;
  reply_to_status_id: string | null;
  forward_count: number;
  metadata: Record<string, unknown> & { mentions?: string[]; media?: MediaRef };
  edited_at: Date | null;
  deleted_at: Date | null;
  visible_to: string | null;
  expires_at: Date | null;
  created_at: Date;
  updated_at: Date;
  gone: boolean;
  reactions: Message['reactions'] | null;
  pinned: boolean;
  reply_to?: MessagePreview | null;
  starred?: boolean;
  my_reaction?: string | null;
  as_left?: Version | null;
};

/** What a message was; as JSON, which has no dates. */
type Version = Pick<MessageRow, 'content' | 'metadata' | 'reactions' | 'pinned'> & {
  change_seq: number;
  edited_at: string | null;
  updated_at: string;
};

const asSeen = ({ as_left: version, ...row }: MessageRow): MessageRow =>
  version
    ? {
        ...row,
        ...version,
        change_seq: BigInt(version.change_seq),
        edited_at: version.edited_at === null ? null : new Date(version.edited_at),
        updated_at: new Date(version.updated_at),
      }
    : row;

/** Whether a message is a tombstone: to the millisecond, however late the sweeper is. */
export const isGone = (message: 'm' | 'r' = 'm') => {
  const at = Prisma.raw(message);
  return Prisma.sql`(${at}.deleted_at IS NOT NULL OR coalesce(${at}.expires_at <= clock_timestamp(), false))`;
};

/** The message `r` that another one answers, in short, as `me` sees it. */
export const previewOf = Prisma.sql`jsonb_build_object('id', r.id, 'seq', r.seq,
  'senderId', r.sender_id, 'messageType', r.message_type, 'deleted', ${isGone('r')},
  'content', CASE WHEN NOT ${isGone('r')} THEN ${contentFor('r')} END)`;

const shared = Prisma.sql`m.id, m.chat_id, m.seq, m.change_seq, m.client_message_id, m.sender_id,
  m.message_type, m.content, m.media_url, m.reply_to_id, m.reply_to_status_id, m.forward_count,
  m.metadata, m.edited_at, m.deleted_at, m.visible_to, m.expires_at, m.created_at, m.updated_at,
  ${isGone()} AS gone,
  (SELECT jsonb_agg(jsonb_build_object('emoji', x.emoji, 'count', x.n) ORDER BY x.n DESC, x.emoji)
    FROM (SELECT emoji, count(*) AS n FROM message_reactions WHERE message_id = m.id GROUP BY emoji) x
  ) AS reactions,
  EXISTS (SELECT FROM message_pins p WHERE p.chat_id = m.chat_id AND p.message_id = m.id) AS pinned`;

/** Messages as everybody sees them, for events: SELECT … FROM messages m. */
export const selectMessages = Prisma.sql`SELECT ${shared} FROM messages m`;

/** Messages as one member sees them: SELECT … FROM messages m JOIN chat_members me. */
export const selectMyMessages = Prisma.sql`SELECT ${shared},
  EXISTS (SELECT FROM message_stars s WHERE s.user_id = me.user_id AND s.message_id = m.id) AS starred,
  (SELECT emoji FROM message_reactions x WHERE x.message_id = m.id AND x.user_id = me.user_id)
    AS my_reaction, ${asLeft()} AS as_left,
  CASE WHEN r.id IS NOT NULL AND ${visibleTo({ message: 'r', member: 'me' })} THEN ${previewOf} END AS reply_to
  FROM messages m JOIN chat_members me ON me.chat_id = m.chat_id
  LEFT JOIN messages r ON r.id = m.reply_to_id`;

const time = (at: Date | null) => at?.toISOString() ?? null;

/** Row to wire. `viewer` is null for what everybody gets; only the sender sees their own id of it. */
export const toMessage = (stored: MessageRow, viewer: string | null): Message => {
  const row = asSeen(stored);
  const { mentions = [], media = null, ...metadata } = row.metadata;
  const own = viewer !== null && row.sender_id === viewer && row.client_message_id !== null;
  return {
    id: row.id,
    chatId: row.chat_id,
    seq: Number(row.seq),
    changeSeq: Number(row.change_seq),
    ...(own && { clientMessageId: row.client_message_id! }),
    senderId: row.sender_id,
    messageType: row.message_type,
    content: row.gone ? null : row.content,
    mediaUrl: row.gone ? null : row.media_url,
    media: row.gone ? null : media,
    replyToId: row.reply_to_id,
    ...(viewer !== null && row.reply_to !== undefined && { replyTo: row.reply_to }),
    replyToStatusId: row.reply_to_status_id,
    isForwarded: row.forward_count > 0,
    forwardCount: row.forward_count,
    mentions: row.gone ? [] : mentions,
    metadata: row.gone ? {} : metadata,
    reactions: row.gone ? [] : (row.reactions ?? []),
    pinned: row.pinned && !row.gone,
    ...(viewer !== null && {
      my: {
        starred: !row.gone && (row.starred ?? false),
        reaction: row.gone ? null : (row.my_reaction ?? null),
      },
    }),
    editedAt: time(row.edited_at),
    deletedAt: time(row.deleted_at ?? (row.gone ? row.expires_at : null)),
    expiresAt: time(row.expires_at),
    createdAt: row.created_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
  };
};

export const messageNotFound = () => new AppError('message_not_found', 'No such message.');

/** A message as `viewer` sees it; null where they may not. */
export const findMessage = async (db: Pick<ChatDb, '$queryRaw'>, viewer: string, id: string) => {
  const [row] = await db.$queryRaw<MessageRow[]>`${selectMyMessages}
    WHERE m.id = ${id}::uuid AND me.user_id = ${viewer}::uuid AND ${visibleTo({ message: 'm', member: 'me' })}`;
  return row ? toMessage(row, viewer) : null;
};

/** What somebody sent, in its present state, even where they deleted it for themselves or left. */
export const readSent = async (
  db: Pick<ChatDb, '$queryRaw'>,
  senderId: string,
  id: string,
): Promise<Message> => {
  const [row] = await db.$queryRaw<MessageRow[]>`${selectMyMessages}
    WHERE m.id = ${id}::uuid AND m.sender_id = ${senderId}::uuid AND me.user_id = m.sender_id`;
  if (!row) throw messageNotFound();
  return toMessage(row, senderId);
};
