import { AppError } from '@taar/kit/errors';
import sharp from 'sharp';
import { typeNotAllowed } from './kinds.ts';

sharp.cache(false);
// Only these decoders may read a file, whatever type the file claims to have.
sharp.block({ operation: ['VipsForeignLoad'] });
sharp.unblock({
  operation: [
    'VipsForeignLoadJpegBuffer',
    'VipsForeignLoadPngBuffer',
    'VipsForeignLoadWebpBuffer',
    'VipsForeignLoadNsgifBuffer',
    'VipsForeignLoadHeifBuffer',
  ],
});

const maxFrames = 500;

/** Rejects a file that cannot be decoded as a picture, and a small file of too many pixels. */
export const assertPicture = async (file: Buffer, maxPixels: number) => {
  const {
    width,
    height,
    pages = 1,
    pageHeight = height,
  } = await decoding(sharp(file, { limitInputPixels: false, animated: true }).metadata());
  if (width * pageHeight * pages > maxPixels || pages > maxFrames)
    throw new AppError(
      'payload_too_large',
      `The picture has more than ${maxPixels} pixels or more than ${maxFrames} frames.`,
    );
  await decoding(openPicture(file, maxPixels).resize(8, 8, { fit: 'fill' }).raw().toBuffer());
};

export const openPicture = (file: Buffer, maxPixels: number, animated = false) =>
  sharp(file, { limitInputPixels: maxPixels, failOn: 'truncated', animated });

/** Awaits work of the decoder. Its failure is final: a retry would fail in the same way. */
export const decoding = async <T>(work: Promise<T>): Promise<T> => {
  try {
    return await work;
  } catch {
    throw typeNotAllowed();
  }
};
