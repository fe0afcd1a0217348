import type { MediaRef, Message, MessagePreview } from '@taar/contracts';
import { AppError } from '@taar/kit/errors';

/** A message as `selectMessages` reads it; `selectMyMessages` adds the optional fields. */
export type MessageRow = {
  id: string;
  chatId: string;
  seq: bigint;
  changeSeq: bigint;
  clientMessageId: string | null;
  senderId: string | null;
  messageType: Message['messageType'];
  content: string | null;
  mediaUrl: string | null;
  replyToId: string | null;
  replyToStatusId: string | null;
  forwardCount: number;
  metadata: Record<string, unknown> & { mentions?: string[]; media?: MediaRef };
  editedAt: Date | null;
  deletedAt: Date | null;
  visibleTo: string | null;
  expiresAt: Date | null;
  createdAt: Date;
  updatedAt: Date;
  gone: boolean;
  reactions: Message['reactions'] | null;
  pinned: boolean;
  replyTo?: MessagePreview | null;
  starred?: boolean;
  myReaction?: string | null;
  snapshot?: Snapshot | null;
};

/** The message as it was when a former member left, in the form in which it is stored. */
type Snapshot = Pick<MessageRow, 'content' | 'metadata' | 'reactions' | 'pinned'> & {
  change_seq: number;
  edited_at: string | null;
  updated_at: string;
};

/**
 * Row to wire. `viewer` is null for an event, which holds the fields that are the same for every
 * member. Only the sender gets `clientMessageId`.
 */
export const toMessage = (stored: MessageRow, viewer: string | null): Message => {
  const row = asViewed(stored);
  const { mentions = [], media = null, ...metadata } = row.metadata;
  const own = viewer !== null && row.senderId === viewer && row.clientMessageId !== null;
  return {
    id: row.id,
    chatId: row.chatId,
    seq: Number(row.seq),
    changeSeq: Number(row.changeSeq),
    ...(own && { clientMessageId: row.clientMessageId! }),
    senderId: row.senderId,
    messageType: row.messageType,
    content: row.gone ? null : row.content,
    mediaUrl: row.gone ? null : row.mediaUrl,
    media: row.gone ? null : media,
    replyToId: row.replyToId,
    ...(viewer !== null && row.replyTo !== undefined && { replyTo: row.replyTo }),
    replyToStatusId: row.replyToStatusId,
    isForwarded: row.forwardCount > 0,
    forwardCount: row.forwardCount,
    mentions: row.gone ? [] : mentions,
    metadata: row.gone ? {} : metadata,
    reactions: row.gone ? [] : (row.reactions ?? []),
    pinned: row.pinned && !row.gone,
    ...(viewer !== null && {
      my: {
        starred: !row.gone && (row.starred ?? false),
        reaction: row.gone ? null : (row.myReaction ?? null),
      },
    }),
    editedAt: time(row.editedAt),
    deletedAt: time(row.deletedAt ?? (row.gone ? row.expiresAt : null)),
    expiresAt: time(row.expiresAt),
    createdAt: row.createdAt.toISOString(),
    updatedAt: row.updatedAt.toISOString(),
  };
};

/** Restores the dates of a row that the database answered as JSON. */
export const fromJson = (row: MessageRow): MessageRow => ({
  ...row,
  editedAt: date(row.editedAt),
  deletedAt: date(row.deletedAt),
  expiresAt: date(row.expiresAt),
  createdAt: new Date(row.createdAt),
  updatedAt: new Date(row.updatedAt),
});

export const messageNotFound = () => new AppError('message_not_found', 'No such message.');

/** A former member goes on seeing the message as it was when they left. */
const asViewed = ({ snapshot, ...row }: MessageRow): MessageRow => {
  if (!snapshot) return row;
  const { content, metadata, reactions, pinned } = snapshot;
  return {
    ...row,
    content,
    metadata,
    reactions,
    pinned,
    changeSeq: BigInt(snapshot.change_seq),
    editedAt: date(snapshot.edited_at),
    updatedAt: new Date(snapshot.updated_at),
  };
};

const time = (at: Date | null) => at?.toISOString() ?? null;
const date = (value: Date | string | null) => (value === null ? null : new Date(value));
