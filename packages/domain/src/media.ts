import type { MediaRef } from '@taar/contracts';
import type { Media } from '@taar/db';

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
