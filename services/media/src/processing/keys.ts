import type { Media } from '@taar/db';
import type { Variant } from './render.ts';

export const variantsOf = ({ variants }: Pick<Media, 'variants'>) =>
  variants as Record<string, Variant>;

/** Every object that a media consists of. */
export const keysOf = (media: Pick<Media, 'bucketKey' | 'variants'>) => [
  media.bucketKey,
  ...Object.values(variantsOf(media)).map(({ key }) => key),
];
