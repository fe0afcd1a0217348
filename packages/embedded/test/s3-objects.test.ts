import {
  CopyObjectCommand,
  CreateBucketCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type GetObjectCommandInput,
  type PutObjectCommandInput,
  type S3Client,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { bucket, startS3, type S3 } from './start-s3.ts';

let server: S3;
let s3: S3Client;

beforeAll(async () => {
  server = await startS3();
  s3 = server.client();
  await s3.send(new CreateBucketCommand({ Bucket: bucket }));
});

afterAll(() => server.stop());

type Put = Omit<PutObjectCommandInput, 'Bucket' | 'Key'>;
type Get = Omit<GetObjectCommandInput, 'Bucket' | 'Key'>;

const put = (Key: string, input: Put) =>
  s3.send(new PutObjectCommand({ Bucket: bucket, Key, ...input }));
const get = (Key: string, input: Get = {}) =>
  s3.send(new GetObjectCommand({ Bucket: bucket, Key, ...input }));
const head = (Key: string) => s3.send(new HeadObjectCommand({ Bucket: bucket, Key }));
const list = (input: object) => s3.send(new ListObjectsV2Command({ Bucket: bucket, ...input }));
const text = async (Key: string, input: Get = {}) =>
  (await get(Key, input)).Body?.transformToString();

/** A key with characters that URLs, XML and signatures escape in different ways. */
const aKey = () => `folder/${randomUUID()} c+é&<>.txt`;

describe('an object', () => {
  test('is downloaded as it was uploaded, with its type and metadata', async () => {
    const key = aKey();
    const headers = {
      ContentType: 'text/plain',
      CacheControl: 'max-age=60',
      ContentDisposition: 'attachment',
      Metadata: { owner: 'u1' },
    };

    const stored = await put(key, { Body: 'hello world', ...headers });
    const object = await get(key, { ChecksumMode: 'ENABLED' });

    const ETag = '"5eb63bbbe01eeed093cb22bb8f5acdc3"';
    expect(stored).toMatchObject({ ETag, ChecksumCRC32: 'DUoRhQ==' });
    expect(object).toMatchObject({ ...headers, ETag, ChecksumCRC32: 'DUoRhQ==' });
    expect(await object.Body?.transformToString()).toBe('hello world');
    expect(await head(key)).toMatchObject({ ...headers, ContentLength: 11 });
  });

  test('can be uploaded as a stream, whose framing is not stored', async () => {
    const key = aKey();
    const content = randomBytes(300_000);

    await put(key, { Body: Readable.from([content]), ContentLength: content.length });

    const { Body, ContentEncoding } = await get(key);
    expect(Buffer.from(await Body!.transformToByteArray())).toEqual(content);
    expect(ContentEncoding).toBeUndefined();
  });

  test('can be empty', async () => {
    const key = aKey();
    await put(key, { Body: '', ContentLength: 0 });
    expect(await text(key)).toBe('');
  });

  test('is read in ranges', async () => {
    const key = aKey();
    await put(key, { Body: 'hello world' });

    const part = await get(key, { Range: 'bytes=2-5' });
    expect(part.ContentRange).toBe('bytes 2-5/11');
    expect(await part.Body?.transformToString()).toBe('llo ');
    expect(await text(key, { Range: 'bytes=-5' })).toBe('world');
    expect(await text(key, { Range: 'bytes=6-' })).toBe('world');
    await expect(get(key, { Range: 'bytes=50-60' })).rejects.toMatchObject({
      name: 'InvalidRange',
    });
  });

  test('is copied with its metadata, or with new metadata', async () => {
    const [key, copy] = [aKey(), aKey()];
    await put(key, { Body: 'x', ContentType: 'text/plain', Metadata: { owner: 'u1' } });
    const CopySource = `${bucket}/${encodeURIComponent(key)}`;
    const target = { Bucket: bucket, Key: copy, CopySource };

    await s3.send(new CopyObjectCommand(target));
    expect(await head(copy)).toMatchObject({
      ContentType: 'text/plain',
      Metadata: { owner: 'u1' },
    });

    const replaced = { ContentType: 'image/png', Metadata: { n: '2' } };
    await s3.send(new CopyObjectCommand({ ...target, MetadataDirective: 'REPLACE', ...replaced }));
    expect(await head(copy)).toMatchObject(replaced);
  });

  test('is deleted alone or with others, and can be deleted again', async () => {
    const [one, two, never] = [aKey(), aKey(), aKey()];
    await put(one, { Body: '1' });
    await put(two, { Body: '2' });

    await s3.send(new DeleteObjectCommand({ Bucket: bucket, Key: one }));
    const Objects = [one, two, never].map((Key) => ({ Key }));
    const many = new DeleteObjectsCommand({ Bucket: bucket, Delete: { Objects } });
    expect((await s3.send(many)).Deleted).toEqual(Objects);

    await expect(get(one)).rejects.toMatchObject({ name: 'NoSuchKey' });
    await expect(head(two)).rejects.toMatchObject({ name: 'NotFound' });
  });

  test('survives a server that is killed', async () => {
    const key = aKey();
    await put(key, { Body: 'durable', Metadata: { owner: 'u1' } });

    await server.killAndRestart();
    s3 = server.client();

    expect(await text(key)).toBe('durable');
    expect(await head(key)).toMatchObject({ Metadata: { owner: 'u1' } });
  });
});

describe('the server rejects', () => {
  test('content that differs from its checksum, and keeps no blob of it', async () => {
    const key = aKey();
    const sha256 = createHash('sha256').update('abc').digest('base64');
    const before = await server.blobs();

    await put(key, { Body: 'abc', ChecksumSHA256: sha256 });
    await expect(put(`${key}2`, { Body: 'abd', ChecksumSHA256: sha256 })).rejects.toMatchObject({
      name: 'BadDigest',
    });
    await expect(put(`${key}3`, { Body: 'abc', ChecksumCRC32: 'AAAAAA==' })).rejects.toMatchObject({
      name: 'BadDigest',
    });

    expect(await server.blobs()).toHaveLength(before.length + 1);
  });

  test('a write with If-None-Match where the object exists', async () => {
    const key = aKey();
    await put(key, { Body: 'first', IfNoneMatch: '*' });

    await expect(put(key, { Body: 'second', IfNoneMatch: '*' })).rejects.toMatchObject({
      name: 'PreconditionFailed',
    });
    expect(await text(key)).toBe('first');
  });

  test('a wrong secret, an unknown key and a missing signature', async () => {
    const key = aKey();
    await put(key, { Body: 'x' });
    const as = (accessKeyId: string) =>
      server
        .client({ credentials: { accessKeyId, secretAccessKey: 'wrong' } })
        .send(new GetObjectCommand({ Bucket: bucket, Key: key }));

    await expect(as('taar-test')).rejects.toMatchObject({ name: 'SignatureDoesNotMatch' });
    await expect(as('nobody')).rejects.toMatchObject({ name: 'InvalidAccessKeyId' });
    const anonymous = await fetch(`${server.url()}/${bucket}/${encodeURIComponent(key)}`);
    expect(anonymous.status).toBe(403);
  });

  test('a bucket that does not exist', async () => {
    const missing = s3.send(new HeadBucketCommand({ Bucket: 'no-such-bucket' }));
    await expect(missing).rejects.toMatchObject({ name: 'NotFound' });
    await s3.send(new HeadBucketCommand({ Bucket: bucket }));
  });
});

test('a client that has the current ETag gets 304', async () => {
  const key = aKey();
  const { ETag } = await put(key, { Body: 'x' });
  await expect(get(key, { IfNoneMatch: ETag })).rejects.toMatchObject({
    $metadata: { httpStatusCode: 304 },
  });
});

test('keys are listed by prefix, grouped at a delimiter, in pages', async () => {
  const prefix = `${randomUUID()}/`;
  for (const name of ['a/1', 'a/2', 'b/1', 'c']) await put(prefix + name, { Body: 'x' });

  const folded = await list({ Prefix: prefix, Delimiter: '/' });
  expect(folded.CommonPrefixes).toEqual([{ Prefix: `${prefix}a/` }, { Prefix: `${prefix}b/` }]);
  expect(folded.Contents?.map(({ Key }) => Key)).toEqual([`${prefix}c`]);

  const first = await list({ Prefix: prefix, MaxKeys: 3 });
  const ContinuationToken = first.NextContinuationToken;
  const second = await list({ Prefix: prefix, MaxKeys: 3, ContinuationToken });
  expect([first.IsTruncated, second.IsTruncated]).toEqual([true, false]);
  expect([...first.Contents!, ...second.Contents!].map(({ Key }) => Key)).toEqual(
    ['a/1', 'a/2', 'b/1', 'c'].map((name) => prefix + name),
  );
});
