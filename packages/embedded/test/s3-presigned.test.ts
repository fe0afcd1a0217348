import {
  CreateBucketCommand,
  GetObjectCommand,
  PutBucketCorsCommand,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { createPresignedPost, type PresignedPostOptions } from '@aws-sdk/s3-presigned-post';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createHash, randomUUID } from 'node:crypto';
import { bucket, startS3, type S3 } from './start-s3.ts';

let server: S3;
let s3: S3Client;

beforeAll(async () => {
  server = await startS3();
  // By default, the checksum of an empty body would be signed into every upload URL.
  s3 = server.client({ requestChecksumCalculation: 'WHEN_REQUIRED' });
  await s3.send(new CreateBucketCommand({ Bucket: bucket }));
});

afterAll(() => server.stop());

const anObject = async (Body = 'hello world') => {
  const Key = `folder/${randomUUID()} é.txt`;
  await s3.send(new PutObjectCommand({ Bucket: bucket, Key, Body }));
  return Key;
};
const content = async (Key: string) => {
  const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key }));
  return Body?.transformToString();
};
const secondsAgo = (seconds: number) => new Date(Date.now() - seconds * 1000);

describe('a presigned download URL', () => {
  const urlOf = (Key: string, options = {}) =>
    getSignedUrl(s3, new GetObjectCommand({ Bucket: bucket, Key }), { expiresIn: 60, ...options });

  test('serves its object, whole or in part, until it expires', async () => {
    const key = await anObject();
    const url = await urlOf(key);

    expect(await (await fetch(url)).text()).toBe('hello world');
    const part = await fetch(url, { headers: { range: 'bytes=0-4' } });
    expect([part.status, await part.text()]).toEqual([206, 'hello']);
    const expired = await fetch(await urlOf(key, { signingDate: secondsAgo(61) }));
    expect(expired.status).toBe(403);
    expect(await expired.text()).toContain('Request has expired');
  });

  test('sets the file name of the download', async () => {
    const disposition = 'attachment; filename="x.txt"';
    const Key = await anObject();
    const input = { Bucket: bucket, Key, ResponseContentDisposition: disposition };
    const answer = await fetch(await getSignedUrl(s3, new GetObjectCommand(input)));
    expect(answer.headers.get('content-disposition')).toBe(disposition);
  });

  test('serves no other object and fails when it is altered', async () => {
    const [key, other] = [await anObject(), await anObject('other')];
    const url = await urlOf(key, { signingDate: secondsAgo(61) });
    const path = (name: string) => name.split('/').map(encodeURIComponent).join('/');

    const elsewhere = (await urlOf(key)).replace(path(key), path(other));
    const longer = url.replace('X-Amz-Expires=60', 'X-Amz-Expires=600');
    const unsigned = url.replace(/&X-Amz-Signature=[^&]+/, '');
    const renamed = `${await urlOf(key)}&response-content-type=text%2Fhtml`;

    for (const altered of [elsewhere, longer, unsigned, renamed])
      expect((await fetch(altered)).status).toBe(403);
    expect((await fetch(await urlOf(key), { method: 'DELETE' })).status).toBe(403);
  });
});

describe('a presigned upload URL', () => {
  const urlOf = (Key: string, input = {}) =>
    getSignedUrl(
      s3,
      new PutObjectCommand({ Bucket: bucket, Key, ContentType: 'image/jpeg', ...input }),
      { expiresIn: 60, signableHeaders: new Set(['content-type', 'content-length']) },
    );
  const put = (url: string, body: string, type = 'image/jpeg') =>
    fetch(url, { method: 'PUT', body, headers: { 'content-type': type } });

  test('accepts the signed type, size and content and no other', async () => {
    const key = randomUUID();
    const ChecksumSHA256 = createHash('sha256').update('JPEG').digest('base64');
    const url = await urlOf(key, { ContentLength: 4, ChecksumSHA256 });

    const statuses = [];
    for (const [body, type] of [
      ['JPEG', 'text/html'],
      ['JPEGS', 'image/jpeg'],
      ['GEPJ', 'image/jpeg'],
      ['JPEG', 'image/jpeg'],
    ] as const)
      statuses.push((await put(url, body, type)).status);

    expect(statuses).toEqual([403, 403, 400, 200]);
    expect(await content(key)).toBe('JPEG');
  });

  test('rejects headers that were not signed', async () => {
    const headers = { 'content-type': 'image/jpeg', 'x-amz-meta-owner': 'me' };
    const url = await urlOf(randomUUID());
    expect((await fetch(url, { method: 'PUT', body: 'x', headers })).status).toBe(403);
  });
});

describe('a presigned form', () => {
  type Options = Partial<PresignedPostOptions>;
  const post = async (options: Options, file: string, changes: Record<string, string> = {}) => {
    const input = { Bucket: bucket, Key: randomUUID(), Expires: 60, ...options };
    const { url, fields } = await createPresignedPost(s3, input);
    const form = new FormData();
    for (const [name, value] of Object.entries({ ...fields, ...changes })) form.append(name, value);
    form.append('file', new Blob([file]), 'z.png');
    return fetch(url, { method: 'POST', body: form });
  };
  const withinTen: Options = { Conditions: [['content-length-range', 1, 10]] };

  test('stores a file of the allowed type and size, under its own name if requested', async () => {
    const folder = randomUUID();
    const answer = await post(
      {
        Key: `${folder}/\${filename}`,
        Conditions: [
          ['content-length-range', 1, 10],
          ['starts-with', '$Content-Type', 'image/'],
        ],
        Fields: { 'Content-Type': 'image/png' },
      },
      'PNG!',
    );
    expect(answer.status).toBe(204);
    expect(await content(`${folder}/z.png`)).toBe('PNG!');
  });

  test('rejects files that are too large or too small and keeps no blob of them', async () => {
    const before = await server.blobs();

    const large = await post(withinTen, 'x'.repeat(3_000_000));
    const small = await post(withinTen, '');

    expect([large.status, small.status]).toEqual([400, 400]);
    expect(await large.text()).toContain('EntityTooLarge');
    expect(await small.text()).toContain('EntityTooSmall');
    expect(await server.blobs()).toEqual(before);
  });

  test('rejects another key, an additional field and an altered policy', async () => {
    const policy = Buffer.from('{"expiration":"2999-01-01T00:00:00Z","conditions":[]}');

    for (const changes of [
      { key: 'other' },
      { 'x-amz-meta-owner': 'me' },
      { Policy: policy.toString('base64') },
    ])
      expect((await post(withinTen, 'x', changes)).status).toBe(403);
  });
});

test('CORS admits browsers of allowed origins alone', async () => {
  const rule = {
    AllowedOrigins: ['https://*.taar.example'],
    AllowedMethods: ['GET', 'PUT'],
    AllowedHeaders: ['*'],
    ExposeHeaders: ['ETag'],
  };
  const CORSConfiguration = { CORSRules: [rule] };
  await s3.send(new PutBucketCorsCommand({ Bucket: bucket, CORSConfiguration }));
  const Key = await anObject();
  const url = await getSignedUrl(s3, new GetObjectCommand({ Bucket: bucket, Key }));
  const preflight = (origin: string, method = 'PUT') =>
    fetch(url, {
      method: 'OPTIONS',
      headers: {
        origin,
        'access-control-request-method': method,
        'access-control-request-headers': 'content-type',
      },
    });

  const origin = 'https://web.taar.example';
  const allowed = await preflight(origin);
  expect(allowed.status).toBe(200);
  expect(allowed.headers.get('access-control-allow-headers')).toBe('content-type');
  const answer = await fetch(url, { headers: { origin } });
  expect(answer.headers.get('access-control-allow-origin')).toBe(origin);
  expect(answer.headers.get('access-control-expose-headers')).toBe('ETag');
  expect((await preflight('https://evil.example')).status).toBe(403);
  expect((await preflight(origin, 'DELETE')).status).toBe(403);
});
