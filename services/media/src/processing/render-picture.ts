import { encode } from 'blurhash';
import type { Sharp } from 'sharp';
import { decoding, openPicture } from '../files/picture.ts';

export type Rendered = { file: Buffer; mimeType: string; width: number; height: number };

const edges = { tiny: 96, thumb: 320, preview: 720 };
export type Thumbnails = Record<keyof typeof edges, Rendered>;

const animatable = new Set(['image/gif', 'image/webp']);

const encoders: Record<string, (picture: Sharp) => Sharp> = {
  'image/jpeg': (picture) => picture.jpeg({ quality: 85 }),
  'image/png': (picture) => picture.png(),
  'image/gif': (picture) => picture.gif(),
  'image/webp': (picture) => picture.webp({ quality: 80 }),
};

/** Encodes the pixels again, upright: EXIF data and bytes that hide in the file are left behind. */
export const renderOriginal = async (
  file: Buffer,
  mimeType: string,
  maxPixels: number,
): Promise<Rendered> => {
  const picture = openPicture(file, maxPixels, animatable.has(mimeType));
  const { pages = 1 } = await decoding(picture.metadata());
  const upright = pages > 1 ? picture : picture.autoOrient();
  return encodeAs(upright, mimeType in encoders ? mimeType : 'image/webp');
};

/** Smaller versions of a picture; none is larger than the picture. */
export const renderThumbnails = async (file: Buffer, maxPixels: number): Promise<Thumbnails> => {
  const render = (edge: number) =>
    encodeAs(
      openPicture(file, maxPixels).resize(edge, edge, { fit: 'inside', withoutEnlargement: true }),
      'image/webp',
    );
  // One after the other, since each decodes the whole picture into memory.
  const preview = await render(edges.preview);
  const thumb = await render(edges.thumb);
  return { preview, thumb, tiny: await render(edges.tiny) };
};

/** A short text from which clients paint a placeholder while the picture loads (blurha.sh). */
export const blurhashOf = async (file: Buffer, maxPixels: number) => {
  const { data, info } = await openPicture(file, maxPixels)
    .resize(32, 32, { fit: 'inside' })
    .ensureAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  return encode(new Uint8ClampedArray(data), info.width, info.height, 4, 3);
};

const encodeAs = async (picture: Sharp, mimeType: string): Promise<Rendered> => {
  const encoding = encoders[mimeType]!(picture).toBuffer({ resolveWithObject: true });
  const { data, info } = await decoding(encoding);
  return { file: data, mimeType, width: info.width, height: info.pageHeight ?? info.height };
};
