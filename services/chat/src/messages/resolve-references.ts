import type { MediaRef, MessagePreview, SendMessage } from '@taar/contracts';
import type { ChatDb } from '@taar/db';
import { visibleTo } from '@taar/domain/access';
import { ownReadyMedia, toMediaRef } from '@taar/domain/media';
import type { Actor } from '@taar/kit/auth';
import { invalidField } from '@taar/kit/edge';
import { AppError } from '@taar/kit/errors';
import type { Forwarded, References } from '../core/draft.ts';
import { isGone, previewOf } from '../core/select-messages.ts';
import { messageNotFound } from '../core/to-message.ts';
import { contentFor } from '../core/snapshot-fragments.ts';
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

/** The message as the sender of the forward sees it, who need not be a member any longer. */
const readForwarded = async (db: Db, userId: string, id: string): Promise<Forwarded> => {
  const [found] = await db.$queryRaw<Forwarded[]>`
    SELECT
      ${contentFor()} AS content,
      message.message_type AS "messageType",
      message.media_id AS "mediaId",
      message.media_url AS "mediaUrl",
      message.forward_count AS "forwardCount",
      message.metadata->'media' AS media,
      message.metadata - 'media' - 'mentions' AS metadata
    FROM messages message
    JOIN chat_members member ON member.chat_id = message.chat_id
      AND member.user_id = ${userId}::uuid
    WHERE message.id = ${id}::uuid
      AND ${visibleTo()}
      AND message.message_type <> 'system'
      AND NOT ${isGone()}`;
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
    FROM messages reply
    JOIN chat_members member ON member.chat_id = reply.chat_id
      AND member.user_id = ${userId}::uuid
    WHERE reply.id = ${id}::uuid
      AND reply.chat_id = ${chatId}::uuid
      AND reply.message_type <> 'system'
      AND ${visibleTo({ message: 'reply' })}`;
  if (!found) throw invalidField('replyToId', 'any.only');
  return found.preview;
};

/** A status can be answered in the direct chat with its author, by the users who may view it. */
const assertStatus = async (db: Db, userId: string, chatId: string, id: string) => {
  const found = await db.$queryRaw<unknown[]>`
    SELECT 1
    FROM status_audience audience
    JOIN statuses status ON status.id = audience.status_id
    JOIN chats chat ON chat.id = ${chatId}::uuid
      AND chat.direct_key IS NOT NULL
    JOIN chat_members author ON author.chat_id = chat.id
      AND author.user_id = status.user_id
    WHERE audience.status_id = ${id}::uuid
      AND audience.viewer_id = ${userId}::uuid
      AND status.deleted_at IS NULL
      AND status.expires_at > clock_timestamp()`;
  if (found.length === 0) throw new AppError('status_not_found', 'No such status.');
};
