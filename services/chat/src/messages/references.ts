import type { MediaRef, MessagePreview, SendMessage } from '@taar/contracts';
import type { ChatDb } from '@taar/db';
import { sees } from '@taar/domain/access';
import { toMediaRef } from '@taar/domain/media';
import { invalidField } from '@taar/kit/edge';
import { AppError } from '@taar/kit/errors';
import { contentFor } from '../core/snapshots.ts';
import type { References } from '../core/draft.ts';
import { isGone, messageNotFound, previewOf } from '../core/message-rows.ts';

type Db = Pick<ChatDb, '$queryRaw' | 'media'>;

const ownMedia = async (db: Db, userId: string, id: string): Promise<MediaRef> => {
  const media = await db.media.findUnique({ where: { id } });
  if (!media || media.ownerId !== userId || media.deletedAt)
    throw new AppError('media_not_found', 'No such media of yours.');
  if (media.state !== 'ready')
    throw new AppError('media_not_ready', 'The media is still being processed.', {
      retryAfterMs: 1_000,
    });
  return toMediaRef(media);
};

const replied = async (
  db: Db,
  userId: string,
  chatId: string,
  id: string,
): Promise<MessagePreview> => {
  const [found] = await db.$queryRaw<{ preview: MessagePreview }[]>`
    SELECT ${previewOf} AS preview
    FROM messages r JOIN chat_members me ON me.chat_id = r.chat_id AND me.user_id = ${userId}::uuid
    WHERE r.id = ${id}::uuid AND r.chat_id = ${chatId}::uuid AND r.message_type <> 'system' AND ${sees('r')}`;
  if (!found) throw invalidField('replyToId', 'any.only');
  return found.preview;
};

const assertStatus = async (db: Db, userId: string, chatId: string, id: string) => {
  const found = await db.$queryRaw<unknown[]>`
    SELECT 1 FROM status_audience a JOIN statuses s ON s.id = a.status_id
    JOIN chats c ON c.id = ${chatId}::uuid AND c.direct_key IS NOT NULL
    JOIN chat_members p ON p.chat_id = c.id AND p.user_id = s.user_id
    WHERE a.status_id = ${id}::uuid AND a.viewer_id = ${userId}::uuid
      AND s.deleted_at IS NULL AND s.expires_at > clock_timestamp()`;
  if (found.length === 0) throw new AppError('status_not_found', 'No such status.');
};

type Forwarded = NonNullable<References['forwarded']>;
const forwardable = async (db: Db, userId: string, id: string): Promise<Forwarded> => {
  const [found] = await db.$queryRaw<Forwarded[]>`
    SELECT ${contentFor()} AS content, m.message_type AS "messageType", m.media_id AS "mediaId",
      m.media_url AS "mediaUrl", m.forward_count AS "forwardCount", m.metadata
    FROM messages m JOIN chat_members me ON me.chat_id = m.chat_id AND me.user_id = ${userId}::uuid
    WHERE m.id = ${id}::uuid AND ${sees()} AND m.message_type <> 'system' AND NOT ${isGone()}`;
  if (!found) throw messageNotFound();
  return found;
};

export const hasReferences = ({ mediaId, replyToId, replyToStatusId, forwardOf }: SendMessage) =>
  Boolean(mediaId ?? replyToId ?? replyToStatusId ?? forwardOf);

/** Finds what a body points at, and refuses what its sender may not point at. */
export const resolveReferences = async (
  db: Db,
  userId: string,
  { chatId, mediaId, replyToId, replyToStatusId, forwardOf }: SendMessage,
): Promise<References> => {
  const [media, forwarded, replyTo] = await Promise.all([
    mediaId ? ownMedia(db, userId, mediaId) : undefined,
    forwardOf ? forwardable(db, userId, forwardOf.messageId) : undefined,
    replyToId ? replied(db, userId, chatId, replyToId) : undefined,
    replyToStatusId ? assertStatus(db, userId, chatId, replyToStatusId) : undefined,
  ]);
  return {
    ...(media && { media }),
    ...(forwarded && { forwarded }),
    ...(replyTo && { replyTo }),
  };
};
