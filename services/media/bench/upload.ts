import { randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { request } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { envOf } from '@taar/testing/env';
import { aUser } from '@taar/testing/factories';
import { createSurroundings } from '@taar/testing/surroundings';
import { expect, test } from '@jest/globals';
import { aVideo } from '../test/files.ts';
import { startProcess } from '../test/process.ts';

const files = 3;
const fileBytes = 200_000_000;
const mostBytes = 250_000_000;
const chunk = randomBytes(65_536);

/** Resident memory: now, and at its highest so far. */
const memoryOf = async (pid: number) => {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  const of = (name: string) => Number(new RegExp(`${name}:\\s+(\\d+) kB`).exec(status)![1]) * 1_024;
  return { now: of('VmRSS'), peak: of('VmHWM') };
};

async function* aForm(bytes: number) {
  const name = 'Content-Disposition: form-data; name=';
  yield Buffer.from(`--taar\r\n${name}"purpose"\r\n\r\nmessage\r\n`);
  yield Buffer.from(`--taar\r\n${name}"file"; filename="v.mp4"\r\n\r\n`);
  yield aVideo(chunk.length);
  for (let sent = chunk.length; sent < bytes; sent += chunk.length) yield chunk;
  yield Buffer.from('\r\n--taar--\r\n');
}

const send = async (url: string, token: string, bytes: number) => {
  const headers = {
    Authorization: `Bearer ${token}`,
    'Content-Type': 'multipart/form-data; boundary=taar',
  };
  const sending = request(`${url}/media/upload`, { method: 'POST', headers });
  const answered = once(sending, 'response');
  await pipeline(Readable.from(aForm(bytes)), sending);
  const [answer] = await answered;
  answer.resume();
  return answer.statusCode as number;
};

test(`${files} uploads of ${fileBytes / 1e6} MB at once keep memory flat`, async () => {
  const { env, as, admin } = await createSurroundings('media');
  const { pid, url } = await startProcess('dist/main.js', {
    ...env,
    S3_ENDPOINT: envOf('TEST_S3_ENDPOINT'),
    S3_BUCKET: `bench-${randomUUID()}`,
    S3_ACCESS_KEY_ID: envOf('TEST_S3_ACCESS_KEY_ID'),
    S3_SECRET_ACCESS_KEY: envOf('TEST_S3_SECRET_ACCESS_KEY'),
    UPLOAD_VIDEO_BYTES: '250000000',
    RATE_LIMIT_FACTOR: '100',
    DRAIN_SECONDS: '1',
  });
  const token = await as(url)(await aUser(admin)).token();
  const first = await send(url, token, 6_000_000);
  const before = await memoryOf(pid);
  const startedAt = performance.now();
  const statuses = await Promise.all(
    Array.from({ length: files }, () => send(url, token, fileBytes)),
  );
  const seconds = (performance.now() - startedAt) / 1_000;
  const after = await memoryOf(pid);

  const megabytes = (bytes: number) => `${Math.round(bytes / 1e6)} MB`;
  process.stdout.write(
    `${files} × ${megabytes(fileBytes)} in ${seconds.toFixed(1)} s: memory ${megabytes(before.now)} ` +
      `before, ${megabytes(after.peak)} at most, ${megabytes(after.now)} after\n`,
  );
  expect(first).toBe(201);
  expect(statuses).toEqual(Array(files).fill(201));
  expect(after.peak).toBeLessThan(mostBytes);
}, 300_000);
