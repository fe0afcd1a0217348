import sharp from 'sharp';
import { notAllowed, tooLarge } from './kinds.ts';

sharp.cache(false);
// Whatever a file claims to be, no other decoder ever sees it.
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

export const open = (file: Buffer, maxPixels: number, animated = false) =>
  sharp(file, { limitInputPixels: maxPixels, failOn: 'truncated', animated });

/** A picture that its decoder cannot read stays so, however often one tries. */
export const readable = async <T>(reading: Promise<T>): Promise<T> => {
  try {
    return await reading;
  } catch {
    throw notAllowed();
  }
};

const describe = (file: Buffer) =>
  readable(sharp(file, { limitInputPixels: false, animated: true }).metadata());

/** Whether a file is a picture as a whole, and not a small one that unfolds into a huge one. */
export const assertPicture = async (file: Buffer, maxPixels: number) => {
  const { width, height, pages = 1, pageHeight = height } = await describe(file);
  if (width * pageHeight * pages > maxPixels || pages > maxFrames) throw tooLarge(maxPixels);
  await readable(open(file, maxPixels).resize(8, 8, { fit: 'fill' }).raw().toBuffer());
};
