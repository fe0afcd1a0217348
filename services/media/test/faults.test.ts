import { readdir } from 'node:fs/promises';
import { mediaRest } from '@taar/contracts';
import { aMedia } from '@taar/testing/factories';
import { describe, expect, test } from '@jest/globals';
import { aPdf, aVideo } from './files.ts';
import { beginUpload } from './raw-upload.ts';
import { startMedia } from './start.ts';
import { startStoreProxy } from './store-proxy.ts';
import { until } from './until.ts';
import { get, upload } from './upload.ts';

const { admin, bucket, aPerson, startNode } = await startMedia({
  UPLOADS_AT_ONCE_PER_USER: '100',
  UPLOADS_AT_ONCE: '100',
});

const remainsOf = async (ownerId: string) => {
  const rows = await admin.media.findMany({ where: { ownerId } });
  const all = await admin.media.findMany({ select: { id: true } });
  const known = new Set(all.map(({ id }) => id));
  const objects = (await bucket.objects()).filter((key) => !known.has(key.split('/')[1]!));
  return { rows: rows.length, objects, uploads: await bucket.uploads() };
};
const nothing = { rows: 0, objects: [], uploads: [] };
const descriptors = async () => (await readdir('/proc/self/fd')).length;

describe('an upload whose client disconnects', () => {
  test('leaves no row, object, part or file descriptor after fifty repetitions', async () => {
    const asha = await aPerson();
    const file = aVideo(8_000_000);
    const abortAt = async (points: number[]) => {
      const node = await startNode({ DRAIN_SECONDS: '5' });
      const abort = async (point: number) => {
        const sending = await beginUpload(node.url, asha, file);
        await sending.send(0, point);
        sending.abort();
      };
      for (let done = 0; done < points.length; done += 5)
        await Promise.all(points.slice(done, done + 5).map(abort));
      await node.close();
      expect(await remainsOf(asha.userId)).toEqual(nothing);
    };
    const points = [0, 50, 200, 2_000_000, 6_000_000];
    await abortAt(points);
    const before = await descriptors();
    await abortAt(Array.from({ length: 10 }, () => points).flat());
    // A destroyed socket closes some turns of the event loop later; a leaked one never does.
    await until(async () => (await descriptors()) <= before);
  });
});

describe('a service that stops', () => {
  test('finishes an upload that is under way', async () => {
    const asha = await aPerson();
    const node = await startNode({ DRAIN_SECONDS: '20' });
    const sending = await beginUpload(node.url, asha, aVideo(7_000_000));
    await sending.send(0, 6_000_000);
    const closed = node.close();
    await sending.send(6_000_000);
    expect(await sending.answer()).toMatchObject({ status: 201 });
    await closed;
    expect(await remainsOf(asha.userId)).toEqual({ ...nothing, rows: 1 });
  });

  test('discards an upload that takes longer than the drain', async () => {
    const asha = await aPerson();
    const node = await startNode({ DRAIN_SECONDS: '0' });
    const sending = await beginUpload(node.url, asha, aVideo(7_000_000));
    await sending.send(0, 6_000_000);
    await node.close();
    expect(await remainsOf(asha.userId)).toEqual(nothing);
  });
});

describe('while the store', () => {
  test('is unavailable, uploads answer 503 and downloads still redirect', async () => {
    const asha = await aPerson();
    const node = await startNode({ S3_ENDPOINT: 'http://127.0.0.1:1' });
    const her = node.as({ id: asha.userId });
    const answer = await upload(her, { file: aPdf() });
    expect(answer).toMatchObject({ status: 503, body: { code: 'dependency_unavailable' } });
    expect(answer.headers['retry-after']).toBe('1');
    expect(await remainsOf(asha.userId)).toEqual(nothing);
    const media = await aMedia(admin, { id: asha.userId });
    expect(await get(her, `/media/${media.id}`)).toMatchObject({ status: 302 });
  });

  test('does not answer, uploads fail at the deadline', async () => {
    const asha = await aPerson();
    const proxy = await startStoreProxy();
    const node = await startNode({ S3_ENDPOINT: proxy.url, S3_DEADLINE_MS: '400' });
    const her = node.as({ id: asha.userId });
    expect((await upload(her, { file: aPdf() })).status).toBe(201);
    proxy.hang();
    const answers = await Promise.all(
      Array.from({ length: 5 }, () => upload(her, { file: aVideo(12_000_000) })),
    );
    expect(answers.map(({ status }) => status)).toEqual([503, 503, 503, 503, 503]);
    expect(await remainsOf(asha.userId)).toMatchObject({ rows: 1 });
  });

  test('answers 503 SlowDown, the upload is retried and succeeds', async () => {
    const asha = await aPerson();
    const proxy = await startStoreProxy();
    const node = await startNode({ S3_ENDPOINT: proxy.url });
    const her = node.as({ id: asha.userId });
    proxy.slowDownNext(2);
    expect((await upload(her, { file: aVideo(7_000_000) })).status).toBe(201);
    expect(await remainsOf(asha.userId)).toEqual({ ...nothing, rows: 1 });
  });

  test('has lost an object, the media answers 404 rather than an error', async () => {
    const asha = await aPerson();
    const media = await aMedia(admin, { id: asha.userId });
    expect(await get(asha, `/media/${media.id}`)).toMatchObject({
      status: 404,
      body: { code: 'media_not_found' },
    });
  });
});

describe('a form', () => {
  test('that announces too many bytes is rejected before it is read', async () => {
    const asha = await aPerson();
    const { url } = await startNode();
    const sending = await beginUpload(url, asha, aPdf(), 101_000_000);
    const { status, text } = await sending.answer();
    expect(status).toBe(413);
    expect(text).toMatch(/\r\nconnection: close\r\n/i);
    expect(text).toContain('payload_too_large');
  });

  test('whose announced length cuts it short is rejected', async () => {
    const asha = await aPerson();
    const { url } = await startNode();
    const file = aVideo(10_000);
    const shorter = await beginUpload(url, asha, file, 5_000);
    await shorter.send(0);
    expect((await shorter.answer()).status).toBe(400);
    expect(await remainsOf(asha.userId)).toEqual(nothing);
  });

  test('that arrives too slowly is cut off while other requests are served', async () => {
    const asha = await aPerson();
    const node = await startNode({ UPLOAD_SECONDS: '1' });
    const sending = await beginUpload(node.url, asha, aVideo(1_000_000));
    await sending.send(0, 10_000);
    const [answer, other] = await Promise.all([
      sending.answer(),
      node.as({ id: asha.userId }).call(mediaRest.getMedia, { mediaId: asha.userId }),
    ]);
    expect(answer.status).toBe(408);
    expect(other.status).toBe(404);
    await node.close();
    expect(await remainsOf(asha.userId)).toEqual(nothing);
  });
});

test('one user cannot occupy all upload slots', async () => {
  const asha = await aPerson();
  const proxy = await startStoreProxy();
  const node = await startNode({
    S3_ENDPOINT: proxy.url,
    UPLOADS_AT_ONCE_PER_USER: '1',
    UPLOADS_AT_ONCE: '2',
  });
  const [her, his] = [node.as({ id: asha.userId }), node.as({ id: (await aPerson()).userId })];
  const held = await beginUpload(node.url, her, aVideo(10_000));
  await Promise.all([held.send(0, 5_000), proxy.request()]);
  expect(await upload(her, { file: aPdf() })).toMatchObject({ status: 429 });
  expect(await upload(his, { file: aPdf() })).toMatchObject({ status: 201 });
  held.abort();
});
