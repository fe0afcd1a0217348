import { randomBytes } from 'node:crypto';
import sharp from 'sharp';

const noise = (width: number, height: number) =>
  sharp(randomBytes(width * height * 3), { raw: { width, height, channels: 3 } });

/** A photo as a phone stores it: on its side, and with the place where it was taken. */
export const aPhoto = (width = 640, height = 480) =>
  noise(width, height)
    .withExif({
      IFD0: { Make: 'Taar Phone' },
      IFD3: { GPSLatitudeRef: 'N', GPSLatitude: '22/1 34/1 21/1' },
    })
    .withMetadata({ orientation: 6 })
    .jpeg()
    .toBuffer();

export const aPng = (width: number, height: number) =>
  sharp({ create: { width, height, channels: 3, background: '#36a' } })
    .png()
    .toBuffer();

/** Random bytes behind the header of an MP4; a repeated file would be answered as a replay. */
export const aVideo = (bytes: number) => {
  const file = randomBytes(bytes);
  file.write('\u0000\u0000\u0000\u0020ftypisom\u0000\u0000\u0002\u0000isomiso2avc1mp41', 'latin1');
  return file;
};

export const aPdf = (content = '') =>
  Buffer.from(`%PDF-1.7\n% ${randomBytes(16).toString('hex')}\n${content}\n%%EOF`);

/** A GIF of `count` frames of one pixel each. */
export const aGif = (count: number) => {
  const frame = Buffer.from('21f90400000000002c000000000100010000020144003b'.slice(0, -2), 'hex');
  return Buffer.concat([
    Buffer.from('474946383961010001008000000000ffffff', 'hex').subarray(0, 13),
    Buffer.from('000000ffffff', 'hex'),
    ...Array.from({ length: count }, () => frame),
    Buffer.from('3b', 'hex'),
  ]);
};
