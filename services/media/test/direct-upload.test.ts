import { createHash, randomUUID } from 'node:crypto';
import { type StartUpload, type UploadTarget, type MediaRef, mediaRest } from '@taar/contracts';
import { assertAnswer } from '@taar/testing/contract';
import type { Person } from '@taar/testing/people';
import { describe, expect, test } from '@jest/globals';
import { aPdf, aPhoto, aVideo } from './files.ts';
import { startMedia } from './start.ts';
import { fetchFrom, get } from './upload.ts';

const { admin, bucket, isReady, aPerson, startNode } = await startMedia();

const announcing = (file: Buffer, more: Partial<StartUpload> = {}): StartUpload => ({
  fileName: 'video.mp4',
  mimeType: 'video/mp4',
  sizeBytes: file.length,
  sha256: createHash('sha256').update(file).digest('hex'),
  purpose: 'message',
  ...more,
});

const start = async (person: Person, announced: object) => {
  const { request } = await person.send('post', '/media/upload');
  const answer = await request.send(announced);
  assertAnswer(mediaRest.uploadMedia, answer);
  const { status, body } = answer;
  return { status, body: body as { media: MediaRef; upload: UploadTarget; code?: string } };
};

const put = (url: string, body: Buffer, headers: Record<string, unknown> = {}) =>
  fetchFrom(url, { method: 'PUT', body: new Uint8Array(body), headers: headers as HeadersInit });

const sendPart = (file: Buffer, { partBytes, parts }: UploadTarget, index: number) => {
  const { partNumber, url } = parts![index]!;
  return put(url, file.subarray((partNumber - 1) * partBytes!, partNumber * partBytes!));
};

const complete = (person: Person, { id }: MediaRef) =>
  person.call(mediaRest.completeUpload, { mediaId: id });

describe('a small file that the client sends to the storage', () => {
  test('is announced, sent, checked and processed', async () => {
    const asha = await aPerson();
    const photo = await aPhoto();
    const announced = announcing(photo, { mimeType: 'image/jpeg', fileName: 'a.jpg' });
    const { status, body } = await start(asha, announced);
    expect({ status, state: body.media.state }).toEqual({ status: 201, state: 'pending' });
    expect(await get(asha, body.media.url)).toMatchObject({ status: 409 });

    expect((await put(body.upload.url!, photo, body.upload.headers)).status).toBe(200);
    expect((await complete(asha, body.media)).body.media.state).toBe('processing');

    expect(await isReady(body.media.id)).toMatchObject({ state: 'ready', mimeType: 'image/jpeg' });
    const { headers } = await get(asha, body.media.url);
    const { file } = await fetchFrom(headers['location']!);
    expect(file.includes('Taar Phone')).toBe(false);
    expect(await complete(asha, body.media)).toMatchObject({
      status: 200,
      body: { media: { state: 'ready' } },
    });
  });

  test('is rejected by the storage when it is longer, of another type or late', async () => {
    const asha = await aPerson();
    const file = aVideo(5_000);
    const { media, upload } = (await start(asha, announcing(file))).body;
    const { url, headers } = upload;
    const longer = Buffer.concat([file, Buffer.alloc(1)]);
    expect((await put(url!, longer, headers)).status).toBe(403);
    const html = { ...headers, 'content-type': 'text/html' };
    expect((await put(url!, file, html)).status).toBe(403);
    const elsewhere = url!.replace(/m\/[0-9a-f-]{36}/, `m/${randomUUID()}`);
    expect((await put(elsewhere, file, headers)).status).toBe(403);
    const late = url!.replace(/X-Amz-Date=\d{8}/, 'X-Amz-Date=20200101');
    expect((await put(late, file, headers)).status).toBe(403);
    expect(await bucket.objects(`m/${media.id}/`)).toEqual([]);
  });

  test('cannot be replaced after it was checked', async () => {
    const asha = await aPerson();
    const file = aPdf();
    const announced = announcing(file, { mimeType: 'application/pdf', fileName: 'a.pdf' });
    const { media, upload } = (await start(asha, announced)).body;
    expect((await put(upload.url!, file, upload.headers)).status).toBe(200);
    expect((await complete(asha, media)).status).toBe(200);
    const other = Buffer.from(file.toString().replace('%PDF', '<htm'));
    expect((await put(upload.url!, other, upload.headers)).status).toBe(412);
  });

  test('is discarded when it is not as announced', async () => {
    const asha = await aPerson();
    const script = aPdf('<< /S /JavaScript >>');
    const lies: [Partial<StartUpload>, Buffer, number][] = [
      [{ sha256: '0'.repeat(64) }, aVideo(5_000), 400],
      [{ mimeType: 'image/png' }, aVideo(5_000), 415],
      [{ mimeType: 'application/pdf' }, script, 415],
      [{ mimeType: 'video/mp4' }, Buffer.from('<!doctype html><script>1</script>'), 415],
      [{ mimeType: 'image/jpeg' }, (await aPhoto()).subarray(0, 9_000), 415],
    ];
    for (const [lie, file, status] of lies) {
      const { media, upload } = (await start(asha, announcing(file, lie))).body;
      expect((await put(upload.url!, file, upload.headers)).status).toBe(200);
      expect((await complete(asha, media)).status).toBe(status);
      expect(await bucket.objects(`m/${media.id}/`)).toEqual([]);
      expect((await complete(asha, media)).status).toBe(404);
    }
  });

  test('can still be sent after an early call of complete', async () => {
    const asha = await aPerson();
    const file = aVideo(5_000);
    const { media } = (await start(asha, announcing(file))).body;
    expect(await complete(asha, media)).toMatchObject({ status: 409, body: { code: 'conflict' } });
    const again = await asha.call(mediaRest.getUpload, { mediaId: media.id });
    const { url, headers } = again.body.upload!;
    expect((await put(url!, file, headers)).status).toBe(200);
    const arrived = await asha.call(mediaRest.getUpload, { mediaId: media.id });
    expect(arrived.body.upload!.arrived).toEqual([{ partNumber: 1, sizeBytes: 5_000 }]);
    expect((await complete(asha, media)).status).toBe(200);
  });
});

describe('a large file that the client sends in parts', () => {
  const file = aVideo(20_000_000);

  test('is resumed with the parts that are missing', async () => {
    const asha = await aPerson();
    const { media, upload } = (await start(asha, announcing(file))).body;
    expect(upload.parts!.map(({ partNumber }) => partNumber)).toEqual([1, 2, 3]);
    await sendPart(file, upload, 0);
    await sendPart(file, upload, 2);
    expect((await complete(asha, media)).status).toBe(409);

    const resumed = await asha.call(mediaRest.getUpload, { mediaId: media.id });
    const rest = resumed.body.upload!;
    expect(rest.arrived!.map(({ partNumber }) => partNumber)).toEqual([1, 3]);
    expect(rest.parts!.map(({ partNumber }) => partNumber)).toEqual([2]);
    expect((await sendPart(file, rest, 0)).status).toBe(200);

    const both = await Promise.all([complete(asha, media), complete(asha, media)]);
    expect(both.map(({ status }) => status)).toEqual([200, 200]);
    expect(await isReady(media.id)).toMatchObject({ state: 'ready', sizeBytes: 20_000_000 });
    const { headers } = await get(asha, media.url);
    expect((await fetchFrom(headers['location']!)).file.equals(file)).toBe(true);
    expect(await bucket.uploads()).toEqual([]);
  });

  test('is rejected by the storage when a part has another size', async () => {
    const asha = await aPerson();
    const { upload } = (await start(asha, announcing(aVideo(20_000_001)))).body;
    expect((await put(upload.parts![0]!.url, file.subarray(0, 1_000))).status).toBe(403);
  });

  test('that is announced twice gets one upload', async () => {
    const asha = await aPerson();
    const announced = announcing(aVideo(17_000_000));
    const [one, other] = await Promise.all([start(asha, announced), start(asha, announced)]);
    expect([one.status, other.status].toSorted()).toEqual([200, 201]);
    expect(other.body.media.id).toBe(one.body.media.id);
  });
});

describe('an announcement', () => {
  const file = aPdf();

  test.each<[string, object, number, string]>([
    ['of too many bytes', { sizeBytes: 101_000_000 }, 413, 'payload_too_large'],
    ['of an SVG', { mimeType: 'image/svg+xml' }, 415, 'media_type_not_allowed'],
    ['of a video as a profile picture', { purpose: 'avatar' }, 415, 'media_type_not_allowed'],
    ['without a hash', { sha256: 'x' }, 400, 'validation_failed'],
    ['of zero bytes', { sizeBytes: 0 }, 400, 'validation_failed'],
    ['with an unknown field', { url: 'http://x' }, 400, 'validation_failed'],
  ])('%s is rejected', async (_what, wrong, status, code) => {
    const asha = await aPerson();
    expect(await start(asha, { ...announcing(file), ...wrong })).toMatchObject({
      status,
      body: { code },
    });
    expect(await admin.media.count({ where: { ownerId: asha.userId } })).toBe(0);
  });

  test('can be read and completed by its owner alone', async () => {
    const [asha, biren] = [await aPerson(), await aPerson()];
    const { media } = (await start(asha, announcing(aVideo(5_000)))).body;
    const seen = await biren.call(mediaRest.getUpload, { mediaId: media.id });
    expect([seen.status, (await complete(biren, media)).status]).toEqual([404, 404]);
  });

  test('expires after a day', async () => {
    const asha = await aPerson();
    const { media } = (await start(asha, announcing(aVideo(5_000)))).body;
    const createdAt = new Date(Date.now() - 25 * 3_600_000);
    await admin.media.update({ where: { id: media.id }, data: { createdAt } });
    const seen = await asha.call(mediaRest.getUpload, { mediaId: media.id });
    expect(seen).toMatchObject({ status: 410, body: { code: 'upload_expired' } });
    expect((await complete(asha, media)).status).toBe(410);
  });

  test('counts against the budget of bytes', async () => {
    const asha = await aPerson();
    const node = await startNode({ RATE_LIMIT_FACTOR: '1' });
    const her = node.as({ id: asha.userId });
    const sent = Array.from({ length: 11 }, () => ({ sizeBytes: 99_999_999 }));
    const answers = [];
    for (const size of sent)
      answers.push(await start(her, { ...announcing(aPdf(), { mimeType: 'video/mp4' }), ...size }));
    expect(answers.map(({ status }) => status)).toEqual([...Array(10).fill(201), 429]);
    expect(answers.at(-1)!.body.code).toBe('rate_limited');
  });
});
