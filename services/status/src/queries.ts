import type { Status } from '@taar/contracts';
import { type Media, Prisma } from '@taar/db';
import { toMediaRef } from '@taar/domain/media';
import { blockBetween } from '@taar/domain/people';

export type StatusRow = {
  id: string;
  user_id: string;
  type: Status['type'];
  text: string | null;
  background: string | null;
  created_at: Date;
  expires_at: Date;
  media: Media | null;
  viewed: boolean;
  view_count: number | null;
};

/** Neither deleted nor expired, by the database's clock, whatever a sweeper has done. */
export const isLive = Prisma.sql`(s.deleted_at IS NULL AND s.expires_at > clock_timestamp())`;

export const isBlocked = (viewer: string) =>
  blockBetween(Prisma.sql`s.user_id`, Prisma.sql`${viewer}::uuid`);

/** What somebody who is in a status's audience needs besides, to see it. */
export const isVisible = (viewer: string) => Prisma.sql`(${isLive} AND NOT ${isBlocked(viewer)}
  AND EXISTS (SELECT FROM contacts k WHERE k.owner_id = ${viewer}::uuid AND k.user_id = s.user_id))`;

// Views of people who keep read receipts off are not shown, nor to owners who do.
export const shownView = Prisma.sql`NOT EXISTS (SELECT FROM user_settings us
  WHERE us.user_id IN (v.viewer_id, s.user_id) AND NOT us.read_receipts)`;

const media = Prisma.sql`(SELECT jsonb_build_object('id', d.id, 'mimeType', d.mime_type,
  'sizeBytes', d.size_bytes, 'width', d.width, 'height', d.height, 'durationMs', d.duration_ms,
  'blurhash', d.blurhash, 'fileName', d.file_name, 'variants', d.variants, 'state', d.state,
  'deletedAt', d.deleted_at) FROM media d WHERE d.id = s.media_id)`;

/** The columns of a status as `viewer` sees it, over `statuses s`. */
export const statusColumns = (viewer: string) => Prisma.sql`s.id, s.user_id, s.type, s.text,
  s.background, s.created_at, s.expires_at, ${media} AS media,
  (s.user_id = ${viewer}::uuid OR EXISTS (SELECT FROM status_views v
    WHERE v.status_id = s.id AND v.viewer_id = ${viewer}::uuid)) AS viewed,
  CASE WHEN s.user_id = ${viewer}::uuid THEN (SELECT count(*)::int FROM status_views v
    WHERE v.status_id = s.id AND ${shownView}) END AS view_count`;

/** Row to wire; how often it was viewed is for its owner. */
export const toStatus = (row: StatusRow): Status => ({
  id: row.id,
  userId: row.user_id,
  type: row.type,
  text: row.text,
  ...(row.background !== null && { background: row.background }),
  ...(row.media && { media: toMediaRef(row.media) }),
  createdAt: row.created_at.toISOString(),
  expiresAt: row.expires_at.toISOString(),
  viewed: row.viewed,
  ...(row.view_count !== null && { viewCount: row.view_count }),
});
