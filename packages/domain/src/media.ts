import type { MediaRef } from '@taar/contracts';
import { type Media, Prisma, type PrismaClient } from '@taar/db';
import { sees } from './access.ts';
import { enqueue } from '@taar/runtime/jobs';
import { blockedEitherWay, maySee } from './people.ts';

export const mediaUrl = (id: string) => `/media/${id}`;

/** Row to wire. Where the bytes lie is never part of it. */
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

type Fetched = Pick<Media, 'id' | 'ownerId'>;

/**
 * Whether somebody may have a media: it is theirs, or somebody used it where they see it. To know
 * its id is no reason.
 */
export const mayFetch = async (
  db: Pick<PrismaClient, '$queryRaw'>,
  viewer: string,
  { id, ownerId }: Fetched,
): Promise<boolean> => {
  if (ownerId === viewer) return true;
  const url = mediaUrl(id);
  const [answer] = await db.$queryRaw<{ allowed: boolean }[]>`
    SELECT EXISTS (
      SELECT FROM messages m JOIN chat_members me
        ON me.chat_id = m.chat_id AND me.user_id = ${viewer}::uuid
      WHERE m.media_id = ${id}::uuid AND m.deleted_at IS NULL
        AND (m.expires_at IS NULL OR m.expires_at > now()) AND ${sees()}
    ) OR EXISTS (
      SELECT FROM statuses s
        JOIN status_audience a ON a.status_id = s.id AND a.viewer_id = ${viewer}::uuid
        JOIN users u ON u.id = s.user_id
      WHERE s.media_id = ${id}::uuid AND s.deleted_at IS NULL AND s.expires_at > now()
        AND NOT ${blockedEitherWay(viewer)}
    ) OR EXISTS (
      SELECT FROM users u LEFT JOIN user_settings us ON us.user_id = u.id
      WHERE u.id = ${ownerId}::uuid AND u.avatar_url = ${url} AND ${maySee(viewer, 'avatar')}
    ) OR EXISTS (
      SELECT FROM chat_members me JOIN chats c ON c.id = me.chat_id
      WHERE me.user_id = ${viewer}::uuid AND ${url} =
        CASE WHEN me.left_at IS NULL THEN c.avatar_url ELSE me.left_view->>'avatarUrl' END
    ) AS allowed`;
  return answer!.allowed;
};

// A picture of a group is looked for where its owner is or was: memberships outlast leaving, and
// those who left still see the group as it was.
const uses = {
  message: Prisma.sql`EXISTS (
    SELECT FROM messages u WHERE u.media_id = media.id AND u.deleted_at IS NULL)`,
  status: Prisma.sql`EXISTS (
    SELECT FROM statuses u
    WHERE u.media_id = media.id AND u.deleted_at IS NULL AND u.expires_at > now())`,
  picture: Prisma.sql`EXISTS (
    SELECT FROM users u WHERE u.id = media.owner_id AND u.avatar_url = '/media/' || media.id
  ) OR EXISTS (
    SELECT FROM chat_members u JOIN chats c ON c.id = u.chat_id
      LEFT JOIN chat_members o ON o.chat_id = c.id AND o.left_view->>'avatarUrl' = '/media/' || media.id
    WHERE u.user_id = media.owner_id
      AND (c.avatar_url = '/media/' || media.id OR o.user_id IS NOT NULL))`,
  dataExport: Prisma.sql`EXISTS (
    SELECT FROM data_exports u
    WHERE u.media_id = media.id AND (u.expires_at IS NULL OR u.expires_at > now()))`,
};
type Uses = Record<keyof typeof uses, boolean>;

/** By what a media is used at this moment. */
export const usesOf = async (db: Pick<PrismaClient, '$queryRaw'>, id: string): Promise<Uses> => {
  const { message, status, picture, dataExport } = uses;
  const [found] = await db.$queryRaw<Uses[]>`
    SELECT ${message} AS message, ${status} AS status, ${picture} AS picture,
      ${dataExport} AS "dataExport"
    FROM media WHERE id = ${id}::uuid`;
  return found!;
};

/** Marks a media deleted that nothing uses; an upload that was never finished leaves no row. */
export const removeUnused = async (
  db: Pick<PrismaClient, '$executeRaw'>,
  id: string,
): Promise<void> => {
  await db.$executeRaw`DELETE FROM media WHERE id = ${id}::uuid AND state = 'pending'`;
  await db.$executeRaw`
    UPDATE media SET state = 'deleted', deleted_at = now()
    WHERE id = ${id}::uuid AND deleted_at IS NULL
      AND NOT (${Prisma.join(Object.values(uses), ' OR ')})`;
};

/** The job that removes a media which nothing uses any more. */
export const collectMediaTopic = 'media_collect';

/** Whoever stops using a media says so, in the same transaction; it goes unless others use it. */
export const releaseMedia = async (tx: Parameters<typeof enqueue>[0], mediaIds: string[]) => {
  for (const id of mediaIds) await enqueue(tx, { topic: collectMediaTopic, key: id });
};
