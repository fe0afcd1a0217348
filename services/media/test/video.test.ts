import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { atEnd } from '@taar/testing/at-end';
import { describe, expect, test } from '@jest/globals';
import { isInstalled } from '../src/processing/probe-video.ts';
import { startMedia } from './start.ts';
import { fetchFrom, get, upload } from './upload.ts';

const { FFMPEG = 'ffmpeg', FFPROBE = 'ffprobe' } = process.env;
const hasFfmpeg = (await isInstalled(FFMPEG)) && (await isInstalled(FFPROBE));

const aVideo = async (name: string, args: string) => {
  const folder = await mkdtemp(join(tmpdir(), 'taar-video-'));
  atEnd(() => rm(folder, { recursive: true }));
  const path = join(folder, name);
  await promisify(execFile)(FFMPEG, [...`-v error -f lavfi -i ${args}`.split(' '), path]);
  return readFile(path);
};

(hasFfmpeg ? describe : describe.skip)('where ffmpeg is installed', () => {
  test('a video gets a poster, a size and a duration', async () => {
    const { aPerson, isReady } = await startMedia({ FFMPEG, FFPROBE });
    const asha = await aPerson();
    const file = await aVideo('v.mp4', 'testsrc=duration=3:size=640x360:rate=10 -pix_fmt yuv420p');
    const { body } = await upload(asha, { file, type: 'video/mp4' });
    const media = await isReady(body.media.id);
    expect(media).toMatchObject({ state: 'ready', width: 640, height: 360, durationMs: 3_000 });
    expect(media.blurhash).toBeDefined();
    const { headers } = await get(asha, media.thumbnailUrl!);
    const poster = await fetchFrom(headers['location']!);
    expect(poster.headers.get('content-type')).toBe('image/webp');
  });
});

test('where ffmpeg is not installed, a video is served without poster and duration', async () => {
  const { aPerson, isReady } = await startMedia({ FFMPEG: 'no-ffmpeg', FFPROBE: 'no-ffprobe' });
  const asha = await aPerson();
  const file = Buffer.concat([
    Buffer.from('\0\0\0\x20ftypisom\0\0\x02\0isomiso2avc1mp41'),
    Buffer.alloc(9_000),
  ]);
  const { body } = await upload(asha, { file, type: 'video/mp4' });
  const media = await isReady(body.media.id);
  expect(media).toMatchObject({ state: 'ready', mimeType: 'video/mp4' });
  expect(media.durationMs).toBeUndefined();
});
