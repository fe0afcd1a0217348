import { createHash } from 'node:crypto';
import { mediaRest } from '@taar/contracts';
import { describe, expect, test } from '@jest/globals';
import sharp from 'sharp';
import { aGif, aPdf, aPhoto, aPng, aVideo } from './files.ts';
import { startMedia } from './start.ts';
import { fetchFrom, get, upload } from './upload.ts';

const { admin, bucket, isReady, aPerson } = await startMedia({
  UPLOAD_DOCUMENT_BYTES: '3000000',
  UPLOAD_VIDEO_BYTES: '12000000',
});
/** Objects in the bucket that belong to no media. */
const strays = async () => {
  const ids = new Set((await admin.media.findMany({ select: { id: true } })).map(({ id }) => id));
  return (await bucket.objects()).filter((key) => !ids.has(key.split('/')[1]!));
};
const rowsOf = (ownerId: string) => admin.media.findMany({ where: { ownerId } });

describe('a form with a file', () => {
  test('is stored, processed and served', async () => {
    const asha = await aPerson();
    const photo = await aPhoto();

    const sent = await upload(asha, { file: photo, name: 'ছবি.jpg', type: 'image/jpeg' });

    expect(sent).toMatchObject({
      status: 201,
      body: { media: { mimeType: 'image/jpeg', fileName: 'ছবি.jpg', state: 'processing' } },
    });
    const media = await isReady(sent.body.media.id);
    expect(media).toMatchObject({ state: 'ready', width: 480, height: 640 });
    expect(media.blurhash).toMatch(/^.{20,40}$/);
    const { headers } = await get(asha, media.url);
    const got = await fetchFrom(headers['location']!);
    expect(got.headers.get('content-type')).toBe('image/jpeg');
    expect(got.file).toHaveLength(media.sizeBytes);
  });

  test('loses the place and camera of a picture, which is turned upright', async () => {
    const asha = await aPerson();
    const photo = await aPhoto(300, 200);
    expect((await sharp(photo).metadata()).exif?.toString('latin1')).toContain('Taar Phone');

    const { body } = await upload(asha, { file: photo });
    await isReady(body.media.id);

    const keys = await bucket.objects(`m/${body.media.id}/`);
    expect(keys).toHaveLength(4);
    for (const key of keys) {
      const file = await bucket.read(key);
      const { exif, orientation, width, height } = await sharp(file).metadata();
      expect({ exif, orientation }).toEqual({ exif: undefined, orientation: undefined });
      expect(width).toBeLessThan(height);
      expect(file.includes('Taar Phone')).toBe(false);
    }
  });

  test('gets smaller versions of a picture, none larger than the original', async () => {
    const asha = await aPerson();
    const { body } = await upload(asha, { file: await aPhoto(2_000, 500) });
    await isReady(body.media.id);
    const widths = ['preview', 'thumb', 'tiny'].map(async (variant) => {
      const { headers } = await get(asha, `${body.media.url}?variant=${variant}`);
      const { file } = await fetchFrom(headers['location']!);
      return (await sharp(file).metadata()).height;
    });
    expect(await Promise.all(widths)).toEqual([720, 320, 96]);
  });

  test('streams a video in parts, byte for byte', async () => {
    const asha = await aPerson();
    const video = aVideo(11_000_000);
    const { body } = await upload(asha, { file: video, name: 'v.mp4', type: 'video/mp4' });
    await isReady(body.media.id);
    const [row] = await rowsOf(asha.userId);
    expect(row).toMatchObject({ state: 'ready', mimeType: 'video/mp4', sizeBytes: 11_000_000n });
    const digest = createHash('sha256').update(video).digest();
    expect(Buffer.from(row!.sha256!)).toEqual(digest);
    expect(
      createHash('sha256')
        .update(await bucket.read(row!.bucketKey))
        .digest(),
    ).toEqual(digest);
    expect(await bucket.uploads()).toEqual([]);
  });

  test('that is sent twice gets one media', async () => {
    const asha = await aPerson();
    const file = aPdf();
    const [first, second] = await Promise.all([
      upload(asha, { file, name: 'a.pdf' }),
      upload(asha, { file, name: 'a.pdf' }),
    ]);
    expect([first.status, second.status].toSorted()).toEqual([200, 201]);
    expect(second.body.media.id).toBe(first.body.media.id);
    expect(await rowsOf(asha.userId)).toHaveLength(1);
    expect(await bucket.objects(`m/${first.body.media.id}/`)).toHaveLength(1);
  });

  test('checks the file against its purpose, whichever of the two comes first', async () => {
    const asha = await aPerson();
    const avatar = { purpose: 'avatar' };
    const picture = await upload(asha, { file: await aPhoto(), fields: avatar });
    expect(picture.status).toBe(201);
    const document = await upload(asha, { file: aPdf(), fields: avatar });
    expect(document).toMatchObject({ status: 415, body: { code: 'media_type_not_allowed' } });
    expect(await rowsOf(asha.userId)).toHaveLength(1);
  });
});

const rejected: [string, () => Promise<Buffer> | Buffer, string, number][] = [
  [
    'an SVG with a script',
    () => Buffer.from('<svg><script>1</script></svg>'),
    'image/svg+xml',
    415,
  ],
  [
    'HTML declared as a picture',
    () => Buffer.from('<!doctype html><script>1</script>'),
    'image/png',
    415,
  ],
  [
    'a GIF that is also HTML',
    () => Buffer.from('GIF89a/*<script>1</script>*/=1;'),
    'image/gif',
    415,
  ],
  ['a program', () => Buffer.concat([Buffer.from('MZ'), Buffer.alloc(500)]), 'image/png', 415],
  ['an empty file', () => Buffer.alloc(0), 'image/png', 415],
  ['a PDF with a script', () => aPdf('<< /S /JavaScript /JS (app.alert(1)) >>'), 'x/y', 415],
  ['a small PNG of too many pixels', () => aPng(12_000, 12_000), 'image/png', 413],
  ['a GIF of too many frames', () => aGif(10_000), 'image/gif', 413],
  ['a truncated JPEG', async () => (await aPhoto()).subarray(0, 9_000), 'image/jpeg', 415],
  [
    'a document above its limit',
    () => Buffer.concat([aPdf(), Buffer.alloc(3_100_000)]),
    'x/y',
    413,
  ],
];

describe('a form is rejected and leaves nothing', () => {
  test.each(rejected)('with %s', async (_what, file, type, status) => {
    const asha = await aPerson();
    const answer = await upload(asha, { file: await file(), type });
    expect(answer.status).toBe(status);
    expect(await rowsOf(asha.userId)).toEqual([]);
    expect(await strays()).toEqual([]);
    expect(await bucket.uploads()).toEqual([]);
  });

  test('with missing, wrong or unknown fields', async () => {
    const asha = await aPerson();
    const extra = Object.fromEntries(Array.from({ length: 7 }, (_, n) => [`f${n}`, 'x']));
    const fields = [
      {},
      { purpose: 'fun' },
      { purpose: 'message', extra: '1' },
      { purpose: 'message', ['a' + '[b]'.repeat(30)]: '1' },
      { purpose: 'message', '__proto__[x]': '1' },
      { purpose: 'message', ['__proto__']: '1' },
      { purpose: 'message', ...extra },
    ];
    for (const given of fields) {
      const answer = await upload(asha, { file: aPdf(), fields: given });
      expect(answer).toMatchObject({ status: 400, body: { code: 'validation_failed' } });
    }
    expect(await rowsOf(asha.userId)).toEqual([]);
  });

  test.each([
    ['without a boundary', 'multipart/form-data', 'x'],
    ['with another boundary', 'multipart/form-data; boundary=a', '--b\r\n\r\n\r\n--b--'],
    [
      'without an end',
      'multipart/form-data; boundary=a',
      '--a\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n%PDF-1.7',
    ],
  ])('%s', async (_what, type, body) => {
    const asha = await aPerson();
    const { request } = await asha.send('post', '/media/upload');
    const answer = await request.set('Content-Type', type).send(body);
    expect(answer).toMatchObject({ status: 400, body: { code: 'validation_failed' } });
    expect(await rowsOf(asha.userId)).toEqual([]);
  });

  test('with a body that is neither form nor JSON', async () => {
    const asha = await aPerson();
    const { request } = await asha.send('post', '/media/upload');
    const answer = await request.set('Content-Type', 'image/png').send('x');
    expect(answer).toMatchObject({ status: 415, body: { code: 'unsupported_media_type' } });
  });
});

describe('the name of a file', () => {
  test.each([
    ['../../etc/passwd', 'passwd'],
    ['C:\\photos\\me.jpg', 'me.jpg'],
    ['b\u202egpj.exe', 'bgpj.exe'],
    ['x'.repeat(300), 'x'.repeat(255)],
    ['a%0D%0Ab.html', 'ab.html'],
  ])('%j is stored as %j and plays no part in the key', async (name, kept) => {
    const asha = await aPerson();
    const { status, body } = await upload(asha, { file: aPdf(), name });
    expect({ status, fileName: body.media.fileName }).toEqual({ status: 201, fileName: kept });
    const [row] = await rowsOf(asha.userId);
    expect(row!.bucketKey).toMatch(/^m\/[0-9a-f-]{36}\/[0-9a-f-]{36}$/);
  });
});

test('an upload above the daily quota of bytes is rejected', async () => {
  const asha = await aPerson();
  const lots = { ownerId: asha.userId, purpose: 'message', mimeType: 'application/pdf' };
  await admin.media.create({ data: { ...lots, bucketKey: 'x/1', sizeBytes: 9_999_999_000n } });
  const answer = await upload(asha, { file: Buffer.concat([aPdf(), Buffer.alloc(50_000)]) });
  expect(answer).toMatchObject({ status: 429, body: { code: 'rate_limited' } });
  expect(answer.headers['retry-after']).toBe('3600');
});

test('an upload needs a token', async () => {
  const asha = await aPerson();
  const { request } = await asha.send('post', '/media/upload');
  const answer = await request.set('Authorization', 'Bearer x').attach('file', aPdf(), 'a.pdf');
  expect(answer).toMatchObject({ status: 401, body: { code: 'unauthenticated' } });
  expect(mediaRest.uploadMedia.auth).toBe('user');
});
