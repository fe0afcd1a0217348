import type { MediaRef } from '@taar/contracts';
import { type Media, Prisma, type PrismaClient, type SharedDb } from '@taar/db';
import { AppError } from '@taar/kit/errors';
import { enqueueAll } from '@taar/runtime/outbox/enqueue';
import { visibleTo } from './access.ts';
import { blockWith, maySee } from './people.ts';

export const mediaUrl = (id: string) => `/media/${id}`;

/** Leaves out where the bytes are stored. */
export const toMediaRef = (row: Media): MediaRef => {
  const hasThumbnail = Object.hasOwn((row.variants ?? {}) as object, 'thumb');
  return {
    id: row.id,
    url: mediaUrl(row.id),
    mimeType: row.mimeType,
    sizeBytes: Number(row.sizeBytes),
    ...(row.width !== null && { width: row.width }),
    ...(row.height !== null && { height: row.height }),
    ...(row.durationMs !== null && { durationMs: row.durationMs }),
    ...(row.blurhash !== null && { blurhash: row.blurhash }),
    ...(hasThumbnail && { thumbnailUrl: `${mediaUrl(row.id)}?variant=thumb` }),
    ...(row.fileName !== null && { fileName: row.fileName }),
    state: row.deletedAt ? 'deleted' : (row.state as MediaRef['state']),
  };
};

type MediaTable = { media: Pick<SharedDb['media'], 'findUnique'> };

const notReadyRetryMs = 1_000;

/**
 * A media that this user uploaded and may put to use now. Throws `media_not_found` for the media
 * of other users as for none, and `media_not_ready` while it is processed.
 */
export const ownReadyMedia = async (
  db: MediaTable,
  userId: string,
  mediaId: string,
  { mimeTypePrefix = '' } = {},
): Promise<Media> => {
  const media = await db.media.findUnique({ where: { id: mediaId } });
  const isOwn = media?.ownerId === userId && !media.deletedAt;
  if (!media || !isOwn || !media.mimeType.startsWith(mimeTypePrefix))
    throw new AppError('media_not_found', 'You have no such media.');
  if (media.state !== 'ready')
    throw new AppError('media_not_ready', 'The media is still being processed.', {
      retryAfterMs: notReadyRetryMs,
    });
  return media;
};

export const ownReadyPicture = (db: MediaTable, userId: string, mediaId: string) =>
  ownReadyMedia(db, userId, mediaId, { mimeTypePrefix: 'image/' });

/**
 * Whether a user may download a media: as its owner, or where they see a message, status or
 * picture that uses it. Knowing the id gives no access.
 */
export const mayFetch = async (
  db: Pick<PrismaClient, '$queryRaw'>,
  viewer: string,
  { id, ownerId }: Pick<Media, 'id' | 'ownerId'>,
): Promise<boolean> => {
  if (ownerId === viewer) return true;
  const url = mediaUrl(id);
  const [answer] = await db.$queryRaw<{ allowed: boolean }[]>`
    SELECT EXISTS (
      SELECT FROM messages message
      JOIN chat_members member
        ON member.chat_id = message.chat_id AND member.user_id = ${viewer}::uuid
      WHERE message.media_id = ${id}::uuid
        AND message.deleted_at IS NULL
        AND (message.expires_at IS NULL OR message.expires_at > now())
        AND ${visibleTo()}
    ) OR EXISTS (
      SELECT FROM statuses status
      JOIN status_audience audience
        ON audience.status_id = status.id AND audience.viewer_id = ${viewer}::uuid
      JOIN users person ON person.id = status.user_id
      WHERE status.media_id = ${id}::uuid
        AND status.deleted_at IS NULL
        AND status.expires_at > now()
        AND NOT ${blockWith(viewer)}
    ) OR EXISTS (
      SELECT FROM users person
      LEFT JOIN user_settings settings ON settings.user_id = person.id
      WHERE person.id = ${ownerId}::uuid
        AND person.avatar_url = ${url}
        AND ${maySee(viewer, 'avatar')}
    ) OR EXISTS (
      SELECT FROM chat_members member
      JOIN chats chat ON chat.id = member.chat_id
      WHERE member.user_id = ${viewer}::uuid
        AND ${url} = CASE
          WHEN member.left_at IS NULL THEN chat.avatar_url
          ELSE member.left_view->>'avatarUrl'
        END
    ) AS allowed`;
  return answer!.allowed;
};

const urlOfMedia = Prisma.sql`'/media/' || media.id`;

/**
 * Whether anything of a kind uses a media. Expects aliases: media (media). Group pictures are
 * looked up through the owner's memberships, which outlast leaving; former members keep the
 * picture that the group had when they left.
 */
const uses = {
  message: Prisma.sql`EXISTS (
    SELECT FROM messages message
    WHERE message.media_id = media.id AND message.deleted_at IS NULL)`,
  status: Prisma.sql`EXISTS (
    SELECT FROM statuses status
    WHERE status.media_id = media.id
      AND status.deleted_at IS NULL
      AND status.expires_at > now())`,
  picture: Prisma.sql`EXISTS (
    SELECT FROM users owner
    WHERE owner.id = media.owner_id AND owner.avatar_url = ${urlOfMedia}
  ) OR EXISTS (
    SELECT FROM chat_members member
    JOIN chats chat ON chat.id = member.chat_id
    LEFT JOIN chat_members former
      ON former.chat_id = chat.id AND former.left_view->>'avatarUrl' = ${urlOfMedia}
    WHERE member.user_id = media.owner_id
      AND (chat.avatar_url = ${urlOfMedia} OR former.user_id IS NOT NULL))`,
  dataExport: Prisma.sql`EXISTS (
    SELECT FROM data_exports export
    WHERE export.media_id = media.id
      AND (export.expires_at IS NULL OR export.expires_at > now()))`,
};
type Uses = Record<keyof typeof uses, boolean>;

/** Which kinds of use a media has at this moment. */
export const findUses = async (db: Pick<PrismaClient, '$queryRaw'>, id: string): Promise<Uses> => {
  const { message, status, picture, dataExport } = uses;
  const [found] = await db.$queryRaw<Uses[]>`
    SELECT ${message} AS message,
      ${status} AS status,
      ${picture} AS picture,
      ${dataExport} AS "dataExport"
    FROM media
    WHERE id = ${id}::uuid`;
  return found!;
};

/** Marks a media as deleted if nothing uses it. An upload that never finished loses its row. */
export const deleteIfUnused = async (
  db: Pick<PrismaClient, '$executeRaw'>,
  id: string,
): Promise<void> => {
  await db.$executeRaw`DELETE FROM media WHERE id = ${id}::uuid AND state = 'pending'`;
  await db.$executeRaw`
    UPDATE media
    SET state = 'deleted', deleted_at = now()
    WHERE id = ${id}::uuid
      AND deleted_at IS NULL
      AND NOT (${Prisma.join(Object.values(uses), ' OR ')})`;
};

/** Topic of the job that deletes a media if nothing uses it, with its files; worked by media. */
export const collectMediaTopic = 'media_collect';

/** Call in the transaction that ends a use of these media: they are deleted if it was the last. */
export const releaseMedia = async (tx: Pick<PrismaClient, '$executeRaw'>, mediaIds: string[]) => {
  if (mediaIds.length === 0) return;
  await enqueueAll(
    tx,
    mediaIds.map((key) => ({ topic: collectMediaTopic, key })),
  );
};
