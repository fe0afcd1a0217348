import { createHash, randomBytes } from 'node:crypto';
import type { Answer, SignedCall } from './call.ts';
import { receive, receiveText } from './body.ts';
import { S3Error } from './s3-error.ts';
import { assertMayWrite, storedHeaders } from './objects.ts';
import { bucketOf, type Store, type StoredPart, type Upload } from './store.ts';
import { parseXml, xml } from './xml.ts';

const minPartBytes = 5 * 2 ** 20;
const maxParts = 10_000;

export const createUpload = async (store: Store, call: SignedCall): Promise<Answer> => {
  const { bucket, key } = call;
  assertMayWrite(store, call);
  await receiveText(call);
  const id = randomBytes(24).toString('base64url');
  const value = { bucket, key, started: Date.now(), headers: storedHeaders(call.headers) };
  store.commit({ type: 'upload', id, value });
  return xml('InitiateMultipartUploadResult', { Bucket: bucket, Key: key, UploadId: id });
};

export const uploadPart = async (store: Store, call: SignedCall): Promise<Answer> => {
  uploadOf(store, call);
  const number = Number(call.query.get('partNumber'));
  if (!Number.isInteger(number) || number < 1 || number > maxParts)
    throw new S3Error(400, 'InvalidArgument', 'The part number is out of range.');
  const { blob, size, etag, checksums } = await receive(store.blobs, call);
  // The upload may have been aborted while the part was received; then its blob is removed.
  const { id } = uploadOf(store, call, blob);
  store.commit({ type: 'part', id, number, value: { blob, size, etag, modified: Date.now() } });
  return { headers: { etag: `"${etag}"`, ...checksums } };
};

export const listParts = (store: Store, call: SignedCall): Answer => {
  const { id, upload } = uploadOf(store, call);
  const parts = [...upload.parts].sort(([one], [other]) => one - other);
  return xml('ListPartsResult', {
    Bucket: call.bucket,
    Key: call.key,
    UploadId: id,
    IsTruncated: false,
    Part: parts.map(([number, { etag, size, modified }]) => ({
      PartNumber: number,
      LastModified: new Date(modified).toISOString(),
      ETag: `"${etag}"`,
      Size: size,
    })),
  });
};

export const listUploads = (store: Store, call: SignedCall): Answer => {
  bucketOf(store, call);
  const prefix = call.query.get('prefix') ?? '';
  const uploads = [...store.uploads].filter(
    ([, { bucket, key }]) => bucket === call.bucket && key.startsWith(prefix),
  );
  return xml('ListMultipartUploadsResult', {
    Bucket: call.bucket,
    IsTruncated: false,
    Upload: uploads.map(([id, { key, started }]) => ({
      Key: key,
      UploadId: id,
      Initiated: new Date(started).toISOString(),
    })),
  });
};

export const abortUpload = (store: Store, call: SignedCall): Answer => {
  store.commit({ type: 'upload-gone', id: uploadOf(store, call).id });
  return { status: 204 };
};

export const completeUpload = async (store: Store, call: SignedCall): Promise<Answer> => {
  const { bucket, key } = call;
  const { id, upload } = uploadOf(store, call);
  const parts = namedParts(upload, await receiveText(call));
  assertMayWrite(store, call);
  const blob = await store.blobs.join(parts.map((part) => part.blob));
  uploadOf(store, call, blob);
  assertMayWrite(store, call, blob);

  const value = {
    blob,
    size: parts.reduce((sum, { size }) => sum + size, 0),
    etag: etagOf(parts),
    modified: Date.now(),
    headers: upload.headers,
    checksums: {},
  };
  store.commit({ type: 'object', bucket, key, value });
  store.commit({ type: 'upload-gone', id });
  const Location = `http://${call.headers.host}${call.path}`;
  const ETag = `"${value.etag}"`;
  return xml('CompleteMultipartUploadResult', { Location, Bucket: bucket, Key: key, ETag });
};

const uploadOf = (store: Store, { bucket, key, query }: SignedCall, blob?: string) => {
  const id = query.get('uploadId') ?? '';
  const upload = store.uploads.get(id);
  if (upload?.bucket === bucket && upload.key === key) return { id, upload };
  if (blob) store.blobs.drop(blob);
  throw new S3Error(404, 'NoSuchUpload');
};

/** The parts listed by the client. Rejects a part that is missing, out of order or too small. */
const namedParts = ({ parts }: Upload, text: string): StoredPart[] => {
  const { Part: named = [] }: { Part?: { PartNumber: string; ETag: string }[] } = parseXml(
    'CompleteMultipartUpload',
    text,
  );
  const numbers = named.map(({ PartNumber }) => Number(PartNumber));
  if (named.length === 0) throw new S3Error(400, 'MalformedXML');
  if (numbers.some((number, index) => index > 0 && number <= numbers[index - 1]!))
    throw new S3Error(400, 'InvalidPartOrder');
  return named.map(({ ETag }, index) => {
    const part = parts.get(numbers[index]!);
    if (!part || part.etag !== ETag.replaceAll('"', '')) throw new S3Error(400, 'InvalidPart');
    if (index < named.length - 1 && part.size < minPartBytes)
      throw new S3Error(400, 'EntityTooSmall');
    return part;
  });
};

/** S3's ETag of a multipart object: the hash of the parts' hashes and the number of parts. */
const etagOf = (parts: StoredPart[]) => {
  const hashes = Buffer.concat(parts.map(({ etag }) => Buffer.from(etag, 'hex')));
  return `${createHash('md5').update(hashes).digest('hex')}-${parts.length}`;
};
