import type { Status } from '@taar/contracts';
import { type Media, Prisma } from '@taar/db';
import { toMediaRef } from '@taar/domain/media';
import { blockBetween, hasContact } from '@taar/domain/people';

export type StatusRow = {
  id: string;
  userId: string;
  type: Status['type'];
  text: string | null;
  background: string | null;
  createdAt: Date;
  expiresAt: Date;
  media: Media | null;
  viewed: boolean;
  /** Null for every viewer but the owner. */
  viewCount: number | null;
};

const ownerId = Prisma.sql`status.user_id`;
const idOf = (viewer: string) => Prisma.sql`${viewer}::uuid`;

/** Neither deleted nor expired, by the database's clock. Expects aliases: status. */
export const isLive = Prisma.sql`(
  status.deleted_at IS NULL
  AND status.expires_at > clock_timestamp())`;

/** Whether a member of the audience still sees a status. Expects aliases: status. */
export const isVisible = (viewer: string) => Prisma.sql`(
  ${isLive}
  AND NOT ${blockBetween(ownerId, idOf(viewer))}
  AND ${hasContact(idOf(viewer), ownerId)})`;

/** Whether owner and viewer both share read receipts. Expects aliases: status, view. */
export const isViewShown = Prisma.sql`NOT EXISTS (
  SELECT FROM user_settings receipts
  WHERE receipts.user_id IN (view.viewer_id, status.user_id)
    AND NOT receipts.read_receipts)`;

/** Expects aliases: status. */
export const isViewedBy = (viewer: string) => Prisma.sql`EXISTS (
  SELECT FROM status_views view
  WHERE view.status_id = status.id
    AND view.viewer_id = ${idOf(viewer)})`;

const mediaOfStatus = Prisma.sql`(
  SELECT jsonb_build_object(
    'id', media.id,
    'mimeType', media.mime_type,
    'sizeBytes', media.size_bytes,
    'width', media.width,
    'height', media.height,
    'durationMs', media.duration_ms,
    'blurhash', media.blurhash,
    'fileName', media.file_name,
    'variants', media.variants,
    'state', media.state,
    'deletedAt', media.deleted_at)
  FROM media
  WHERE media.id = status.media_id)`;

const viewCount = Prisma.sql`(
  SELECT count(*)::int
  FROM status_views view
  WHERE view.status_id = status.id
    AND ${isViewShown})`;

/** The columns of a `StatusRow` for a viewer. Expects aliases: status. */
export const statusColumns = (viewer: string) => Prisma.sql`
  status.id,
  status.user_id AS "userId",
  status.type,
  status.text,
  status.background,
  status.created_at AS "createdAt",
  status.expires_at AS "expiresAt",
  ${mediaOfStatus} AS media,
  (${ownerId} = ${idOf(viewer)} OR ${isViewedBy(viewer)}) AS viewed,
  CASE WHEN ${ownerId} = ${idOf(viewer)} THEN ${viewCount} END AS "viewCount"`;

export const toStatus = (row: StatusRow): Status => ({
  id: row.id,
  userId: row.userId,
  type: row.type,
  text: row.text,
  ...(row.background !== null && { background: row.background }),
  ...(row.media && { media: toMediaRef(row.media) }),
  createdAt: row.createdAt.toISOString(),
  expiresAt: row.expiresAt.toISOString(),
  viewed: row.viewed,
  ...(row.viewCount !== null && { viewCount: row.viewCount }),
});
