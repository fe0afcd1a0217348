import { encode } from 'blurhash';
import type { Sharp } from 'sharp';
import { open, readable } from '../picture.ts';

export type Rendered = { file: Buffer; mimeType: string; width: number; height: number };

const edges = { tiny: 96, thumb: 320, preview: 720 };
export type Thumbnail = keyof typeof edges;
export type Thumbnails = Record<Thumbnail, Rendered>;

const animatable = new Set(['image/gif', 'image/webp']);

/** Written anew, so that nothing but what is seen is left: no EXIF, no place, no second meaning. */
const encoders: Record<string, (picture: Sharp) => Sharp> = {
  'image/jpeg': (picture) => picture.jpeg({ quality: 85 }),
  'image/png': (picture) => picture.png(),
  'image/gif': (picture) => picture.gif(),
  'image/webp': (picture) => picture.webp({ quality: 80 }),
};

const written = async (picture: Sharp, mimeType: string): Promise<Rendered> => {
  const writing = encoders[mimeType]!(picture).toBuffer({ resolveWithObject: true });
  const { data, info } = await readable(writing);
  return { file: data, mimeType, width: info.width, height: info.pageHeight ?? info.height };
};

/** The picture as it is handed out, upright and bare. */
export const renderOriginal = async (
  file: Buffer,
  mimeType: string,
  maxPixels: number,
): Promise<Rendered> => {
  const picture = open(file, maxPixels, animatable.has(mimeType));
  const { pages = 1 } = await readable(picture.metadata());
  const upright = pages > 1 ? picture : picture.autoOrient();
  return written(upright, mimeType in encoders ? mimeType : 'image/webp');
};

/** Small ones of a picture, each no larger than the picture itself. */
export const renderThumbnails = async (file: Buffer, maxPixels: number): Promise<Thumbnails> => {
  const sized = (edge: number) =>
    written(
      open(file, maxPixels).resize(edge, edge, { fit: 'inside', withoutEnlargement: true }),
      'image/webp',
    );
  // One after the other: each takes the memory of the whole picture.
  const preview = await sized(edges.preview);
  const thumb = await sized(edges.thumb);
  return { preview, thumb, tiny: await sized(edges.tiny) };
};

/** A few characters from which a client paints what it waits for. */
export const blurhashOf = async (file: Buffer, maxPixels: number) => {
  const { data, info } = await open(file, maxPixels)
    .resize(32, 32, { fit: 'inside' })
    .ensureAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  return encode(new Uint8ClampedArray(data), info.width, info.height, 4, 3);
};
