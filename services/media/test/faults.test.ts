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

const { admin, bucket, someone, startNode } = await startMedia({
  UPLOADS_AT_ONCE_PER_USER: '100',
  UPLOADS_AT_ONCE: '100',
});

const leftOf = async (ownerId: string) => {
  const rows = await admin.media.findMany({ where: { ownerId } });
  const all = await admin.media.findMany({ select: { id: true } });
  const known = new Set(all.map(({ id }) => id));
  const objects = (await bucket.objects()).filter((key) => !known.has(key.split('/')[1]!));
  return { rows: rows.length, objects, uploads: await bucket.uploads() };
};
const nothing = { rows: 0, objects: [], uploads: [] };
const descriptors = async () => (await readdir('/proc/self/fd')).length;

describe('An upload whose client goes away', () => {
  test('leaves no row, no object, no parts and no descriptor, fifty times over', async () => {
    const asha = await someone();
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
      expect(await leftOf(asha.userId)).toEqual(nothing);
    };
    const points = [0, 50, 200, 2_000_000, 6_000_000];
    await abortAt(points);
    const before = await descriptors();
    await abortAt(Array.from({ length: 10 }, () => points).flat());
    // A socket that was destroyed is gone some turns later; one that leaks never is.
    await until(async () => (await descriptors()) <= before);
  });
});

describe('A service that is told to stop', () => {
  test('lets an upload under way come to its end', async () => {
    const asha = await someone();
    const node = await startNode({ DRAIN_SECONDS: '20' });
    const sending = await beginUpload(node.url, asha, aVideo(7_000_000));
    await sending.send(0, 6_000_000);
    const closed = node.close();
    await sending.send(6_000_000);
    expect(await sending.answer()).toMatchObject({ status: 201 });
    await closed;
    expect(await leftOf(asha.userId)).toEqual({ ...nothing, rows: 1 });
  });

  test('leaves nothing of one that takes too long', async () => {
    const asha = await someone();
    const node = await startNode({ DRAIN_SECONDS: '0' });
    const sending = await beginUpload(node.url, asha, aVideo(7_000_000));
    await sending.send(0, 6_000_000);
    await node.close();
    expect(await leftOf(asha.userId)).toEqual(nothing);
  });
});

describe('While the store', () => {
  test('is away, uploads are to be tried again and leave no row, and what is there is still found', async () => {
    const asha = await someone();
    const node = await startNode({ S3_ENDPOINT: 'http://127.0.0.1:1' });
    const her = node.as({ id: asha.userId });
    const answer = await upload(her, { file: aPdf() });
    expect(answer).toMatchObject({ status: 503, body: { code: 'dependency_unavailable' } });
    expect(answer.headers['retry-after']).toBe('1');
    expect(await leftOf(asha.userId)).toEqual(nothing);
    const media = await aMedia(admin, { id: asha.userId });
    expect(await get(her, `/media/${media.id}`)).toMatchObject({ status: 302 });
  });

  test('hangs, uploads end at the deadline', async () => {
    const asha = await someone();
    const proxy = await startStoreProxy();
    const node = await startNode({ S3_ENDPOINT: proxy.url, S3_DEADLINE_MS: '400' });
    const her = node.as({ id: asha.userId });
    expect((await upload(her, { file: aPdf() })).status).toBe(201);
    proxy.hang();
    const answers = await Promise.all(
      Array.from({ length: 5 }, () => upload(her, { file: aVideo(12_000_000) })),
    );
    expect(answers.map(({ status }) => status)).toEqual([503, 503, 503, 503, 503]);
    expect(await leftOf(asha.userId)).toMatchObject({ rows: 1 });
  });

  test('asks to slow down, the upload is tried again unseen', async () => {
    const asha = await someone();
    const proxy = await startStoreProxy();
    const node = await startNode({ S3_ENDPOINT: proxy.url });
    const her = node.as({ id: asha.userId });
    proxy.slowDownNext(2);
    expect((await upload(her, { file: aVideo(7_000_000) })).status).toBe(201);
    expect(await leftOf(asha.userId)).toEqual({ ...nothing, rows: 1 });
  });

  test('has lost an object, it is not found rather than an error', async () => {
    const asha = await someone();
    const media = await aMedia(admin, { id: asha.userId });
    expect(await get(asha, `/media/${media.id}`)).toMatchObject({
      status: 404,
      body: { code: 'media_not_found' },
    });
  });
});

describe('A form', () => {
  test('that announces too much is refused before it is read', async () => {
    const asha = await someone();
    const { url } = await startNode();
    const sending = await beginUpload(url, asha, aPdf(), 101_000_000);
    const { status, text } = await sending.answer();
    expect(status).toBe(413);
    expect(text).toMatch(/\r\nconnection: close\r\n/i);
    expect(text).toContain('payload_too_large');
  });

  test('that is shorter or longer than announced is refused', async () => {
    const asha = await someone();
    const { url } = await startNode();
    const file = aVideo(10_000);
    const shorter = await beginUpload(url, asha, file, 5_000);
    await shorter.send(0);
    expect((await shorter.answer()).status).toBe(400);
    expect(await leftOf(asha.userId)).toEqual(nothing);
  });

  test('that comes too slowly is cut, while others are served', async () => {
    const asha = await someone();
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
    expect(await leftOf(asha.userId)).toEqual(nothing);
  });
});

test('Nobody takes all the places for uploads', async () => {
  const asha = await someone();
  const proxy = await startStoreProxy();
  const node = await startNode({
    S3_ENDPOINT: proxy.url,
    UPLOADS_AT_ONCE_PER_USER: '1',
    UPLOADS_AT_ONCE: '2',
  });
  const [her, his] = [node.as({ id: asha.userId }), node.as({ id: (await someone()).userId })];
  const held = await beginUpload(node.url, her, aVideo(10_000));
  await Promise.all([held.send(0, 5_000), proxy.request()]);
  expect(await upload(her, { file: aPdf() })).toMatchObject({ status: 429 });
  expect(await upload(his, { file: aPdf() })).toMatchObject({ status: 201 });
  held.abort();
});
