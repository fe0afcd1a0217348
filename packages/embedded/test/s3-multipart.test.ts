import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  ListMultipartUploadsCommand,
  ListPartsCommand,
  UploadPartCommand,
  type CompletedPart,
  type S3Client,
} from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { randomBytes, randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { bucket, startS3, type S3 } from './start-s3.ts';

const partBytes = 5 * 2 ** 20;
let server: S3;
let s3: S3Client;

beforeAll(async () => {
  server = await startS3();
  s3 = server.client();
  await s3.send(new CreateBucketCommand({ Bucket: bucket }));
});

afterAll(() => server.stop());

const begin = async () => {
  const target = { Bucket: bucket, Key: randomUUID() };
  const { UploadId } = await s3.send(new CreateMultipartUploadCommand(target));
  return { ...target, UploadId: UploadId! };
};
type Begun = Awaited<ReturnType<typeof begin>>;

const sendPart = (upload: Begun, PartNumber: number, Body: Buffer | string) =>
  s3.send(new UploadPartCommand({ ...upload, PartNumber, Body }));
const complete = (upload: Begun, Parts: CompletedPart[]) =>
  s3.send(new CompleteMultipartUploadCommand({ ...upload, MultipartUpload: { Parts } }));
const listParts = (upload: Begun) => s3.send(new ListPartsCommand(upload));
const content = async (Key: string, Range?: string) => {
  const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key, Range }));
  return Buffer.from(await Body!.transformToByteArray());
};

test('a stream of unknown length is uploaded in parts and read across their edges', async () => {
  const Key = randomUUID();
  const whole = randomBytes(2 * partBytes + 1);
  const Body = Readable.from([whole.subarray(0, 1000), whole.subarray(1000)]);

  const params = { Bucket: bucket, Key, Body, ContentType: 'video/mp4' };
  const { ETag } = await new Upload({ client: s3, params, partSize: partBytes }).done();

  expect(ETag).toMatch(/-3"$/);
  expect((await content(Key)).equals(whole)).toBe(true);
  const edge = await content(Key, `bytes=${partBytes - 1}-${partBytes}`);
  expect(edge).toEqual(whole.subarray(partBytes - 1, partBytes + 1));
});

test('an upload by presigned parts resumes after the server was killed', async () => {
  const upload = await begin();
  const first = randomBytes(partBytes);
  await sendPart(upload, 1, first);

  await server.killAndRestart();
  s3 = server.client({ requestChecksumCalculation: 'WHEN_REQUIRED' });

  const uploads = await s3.send(new ListMultipartUploadsCommand({ Bucket: bucket }));
  expect(uploads.Uploads?.map(({ UploadId }) => UploadId)).toContain(upload.UploadId);
  const { Parts: [kept] = [] } = await listParts(upload);
  expect(kept).toMatchObject({ PartNumber: 1, Size: partBytes });

  const url = await getSignedUrl(s3, new UploadPartCommand({ ...upload, PartNumber: 2 }));
  const { headers } = await fetch(url, { method: 'PUT', body: 'end' });
  const last = { PartNumber: 2, ETag: headers.get('etag')! };
  await complete(upload, [{ PartNumber: 1, ETag: kept!.ETag }, last]);

  expect((await content(upload.Key)).equals(Buffer.concat([first, Buffer.from('end')]))).toBe(true);
});

test('a part that is sent again replaces the first one', async () => {
  const upload = await begin();
  await sendPart(upload, 1, 'first');
  const { ETag } = await sendPart(upload, 1, 'second');

  await complete(upload, [{ PartNumber: 1, ETag }]);

  expect(String(await content(upload.Key))).toBe('second');
});

test('an aborted upload leaves no blob', async () => {
  const before = await server.blobs();
  const upload = await begin();
  const { ETag } = await sendPart(upload, 1, 'x');

  await s3.send(new AbortMultipartUploadCommand(upload));

  await expect(listParts(upload)).rejects.toMatchObject({ name: 'NoSuchUpload' });
  await expect(complete(upload, [{ PartNumber: 1, ETag }])).rejects.toMatchObject({
    name: 'NoSuchUpload',
  });
  await expect(sendPart(upload, 2, 'x')).rejects.toMatchObject({ name: 'NoSuchUpload' });
  expect(await server.blobs()).toEqual(before);
});

test('missing, altered, unordered and too small parts are rejected', async () => {
  const upload = await begin();
  const { ETag } = await sendPart(upload, 1, 'small');
  const other = await sendPart(upload, 2, 'other');
  const [one, two] = [
    { PartNumber: 1, ETag },
    { PartNumber: 2, ETag: other.ETag },
  ];

  const expectRejected = (parts: CompletedPart[], name: string) =>
    expect(complete(upload, parts)).rejects.toMatchObject({ name });
  await expectRejected([{ PartNumber: 3, ETag }], 'InvalidPart');
  await expectRejected(
    [{ PartNumber: 1, ETag: '"00000000000000000000000000000000"' }],
    'InvalidPart',
  );
  await expectRejected([two, one], 'InvalidPartOrder');
  await expectRejected([one, two], 'EntityTooSmall');
  await expect(content(upload.Key)).rejects.toMatchObject({ name: 'NoSuchKey' });
});
