import type { MediaRef, MessagePreview, SendMessage } from '@taar/contracts';
import type { ChatDb } from '@taar/db';
import { visibleTo } from '@taar/domain/access';
import { ownReadyMedia, toMediaRef } from '@taar/domain/media';
import type { Actor } from '@taar/kit/auth';
import { invalidField } from '@taar/kit/edge';
import { AppError } from '@taar/kit/errors';
import type { Forwarded, References } from '../core/draft.ts';
import { isGone, messageNotFound, previewOf } from '../core/message-rows.ts';
import { contentFor } from '../core/snapshots.ts';
import type { Deps } from '../deps.ts';

/** A message that was forwarded this often may go to fewer chats: a limit of its own applies. */
const manyForwards = 5;

type Db = Pick<ChatDb, '$queryRaw' | 'media'>;

/** Whether a body refers to media, to another message or to a status. */
export const hasReferences = ({ mediaId, replyToId, replyToStatusId, forwardOf }: SendMessage) =>
  Boolean(mediaId ?? replyToId ?? replyToStatusId ?? forwardOf);

/** Finds the rows that a body refers to, and rejects those that its sender may not refer to. */
export const resolveReferences = async (
  { db, spendLimit }: Pick<Deps, 'db' | 'spendLimit'>,
  { userId, sessionId }: Actor,
  body: SendMessage,
): Promise<References> => {
  const { chatId, mediaId, replyToId, replyToStatusId, forwardOf } = body;
  const [media, forwarded, replyTo] = await Promise.all([
    mediaId ? ownMedia(db, userId, mediaId) : undefined,
    forwardOf ? readForwarded(db, userId, forwardOf.messageId) : undefined,
    replyToId ? readReplied(db, userId, chatId, replyToId) : undefined,
    replyToStatusId ? assertStatus(db, userId, chatId, replyToStatusId) : undefined,
  ]);
  if (forwarded && forwarded.forwardCount >= manyForwards)
    await spendLimit('forwardOften', { address: '', userId, sessionId }, body);
  return {
    ...(media && { media }),
    ...(forwarded && { forwarded }),
    ...(replyTo && { replyTo }),
  };
};

const ownMedia = async (db: Db, userId: string, id: string): Promise<MediaRef> =>
  toMediaRef(await ownReadyMedia(db, userId, id));

const readForwarded = async (db: Db, userId: string, id: string): Promise<Forwarded> => {
  const [found] = await db.$queryRaw<Forwarded[]>`
    SELECT ${contentFor()} AS content, m.message_type AS "messageType", m.media_id AS "mediaId",
      m.media_url AS "mediaUrl", m.forward_count AS "forwardCount", m.metadata->'media' AS media,
      m.metadata - 'media' - 'mentions' AS metadata
    FROM messages m JOIN chat_members me ON me.chat_id = m.chat_id AND me.user_id = ${userId}::uuid
    WHERE m.id = ${id}::uuid AND ${visibleTo({ message: 'm', member: 'me' })} AND m.message_type <> 'system' AND NOT ${isGone()}`;
  if (!found) throw messageNotFound();
  return found;
};

const readReplied = async (
  db: Db,
  userId: string,
  chatId: string,
  id: string,
): Promise<MessagePreview> => {
  const [found] = await db.$queryRaw<{ preview: MessagePreview }[]>`
    SELECT ${previewOf} AS preview
    FROM messages r JOIN chat_members me ON me.chat_id = r.chat_id AND me.user_id = ${userId}::uuid
    WHERE r.id = ${id}::uuid AND r.chat_id = ${chatId}::uuid AND r.message_type <> 'system' AND ${visibleTo({ message: 'r', member: 'me' })}`;
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
