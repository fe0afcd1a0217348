import { randomUUID } from 'node:crypto';
import type { Media } from '@taar/db';

/** A thumbnail of a media, as the column `media.variants` stores it. */
export type Variant = { key: string; mimeType: string; sizeBytes: number };

/** Every object of a media has a key under this prefix. */
export const prefixOf = (mediaId: string) => `m/${mediaId}/`;

export const newKey = (mediaId: string) => `${prefixOf(mediaId)}${randomUUID()}`;

export const variantsOf = ({ variants }: Pick<Media, 'variants'>) =>
  variants as Record<string, Variant>;

/** The objects that the row of a media names. */
export const keysOf = (media: Pick<Media, 'bucketKey' | 'variants'>) => [
  media.bucketKey,
  ...Object.values(variantsOf(media)).map(({ key }) => key),
];
