import { createReadStream, openSync } from 'node:fs';
import type { Answer, Headers, SignedCall } from './call.ts';
import { receive } from './body.ts';
import { S3Error } from './s3-error.ts';
import { rangeOf } from './range.ts';
import { bucketOf, type Store, type StoredObject } from './store.ts';
import { xml } from './xml.ts';

const maxKeyBytes = 1024;

export const putObject = async (store: Store, call: SignedCall): Promise<Answer> => {
  assertMayWrite(store, call);
  const { blob, ...content } = await receive(store.blobs, call);
  assertMayWrite(store, call, blob);
  const value = { blob, ...content, modified: Date.now(), headers: storedHeaders(call.headers) };
  store.commit({ type: 'object', bucket: call.bucket, key: call.key, value });
  return { headers: { etag: `"${content.etag}"`, ...content.checksums } };
};

export const copyObject = async (store: Store, call: SignedCall): Promise<Answer> => {
  const [, bucket = '', key = ''] =
    /^\/?([^/]+)\/([^?]+)/.exec(decodeURIComponent(call.headers['x-amz-copy-source']!)) ?? [];
  const source = objectOf(store, { ...call, bucket, key });
  assertMayWrite(store, call);
  const blob = await store.blobs.copy(source.blob);
  const replaced = call.headers['x-amz-metadata-directive'] === 'REPLACE';
  const headers = replaced ? storedHeaders(call.headers) : source.headers;
  const value = { ...source, blob, headers, modified: Date.now() };
  store.commit({ type: 'object', bucket: call.bucket, key: call.key, value });
  const LastModified = new Date(value.modified).toISOString();
  return xml('CopyObjectResult', { LastModified, ETag: `"${value.etag}"` });
};

export const getObject = (store: Store, call: SignedCall): Answer => {
  const object = objectOf(store, call);
  assertMayRead(object, call.headers);
  const range = rangeOf(call.headers.range, object.size);
  const { start, end } = range ?? { start: 0, end: object.size - 1 };
  const answer = {
    status: range ? 206 : 200,
    headers: {
      ...object.headers,
      ...overrides(call.query),
      etag: `"${object.etag}"`,
      'last-modified': new Date(object.modified).toUTCString(),
      'accept-ranges': 'bytes',
      'content-length': `${end - start + 1}`,
      ...(range && { 'content-range': `bytes ${start}-${end}/${object.size}` }),
      ...(!range && call.headers['x-amz-checksum-mode'] === 'ENABLED' && object.checksums),
    },
  };
  if (call.method === 'HEAD' || end < start) return answer;
  // Opened synchronously, so that a later deletion does not cut off the download.
  const path = store.blobs.path(object.blob);
  const body = createReadStream(path, {
    fd: openSync(path, 'r'),
    start,
    end,
    highWaterMark: 2 ** 18,
  });
  return { ...answer, body };
};

export const deleteObject = (store: Store, call: SignedCall): Answer => {
  const { bucket, key } = call;
  if (bucketOf(store, call).objects.has(key)) store.commit({ type: 'object-gone', bucket, key });
  return { status: 204 };
};

/** The headers of an upload that are stored and sent with each download. */
export const storedHeaders = (headers: Headers): Record<string, string> => {
  const kept = ['cache-control', 'content-disposition', 'content-language', 'expires'];
  const given = Object.entries(headers).filter(
    (entry): entry is [string, string] =>
      entry[1] !== undefined && (kept.includes(entry[0]) || entry[0].startsWith('x-amz-meta-')),
  );
  // `aws-chunked` is the framing of the upload, not an encoding of the object.
  const encodings = headers['content-encoding']?.split(',').map((name) => name.trim()) ?? [];
  const encoding = encodings.filter((name) => name && name !== 'aws-chunked').join(', ');
  return {
    'content-type': headers['content-type'] ?? 'binary/octet-stream',
    ...Object.fromEntries(given),
    ...(encoding && { 'content-encoding': encoding }),
  };
};

/** Checked before and after a body is received; the second time, a rejection removes the blob. */
export const assertMayWrite = (store: Store, call: SignedCall, blob?: string) => {
  try {
    const { objects } = bucketOf(store, call);
    if (Buffer.byteLength(call.key) > maxKeyBytes) throw new S3Error(400, 'KeyTooLongError');
    if (call.headers['if-none-match'] === '*' && objects.has(call.key))
      throw new S3Error(412, 'PreconditionFailed');
  } catch (error) {
    if (blob) store.blobs.drop(blob);
    throw error;
  }
};

const objectOf = (store: Store, call: SignedCall): StoredObject => {
  const object = bucketOf(store, call).objects.get(call.key);
  if (!object) throw new S3Error(404, 'NoSuchKey', 'The specified key does not exist.');
  return object;
};

const assertMayRead = ({ etag }: StoredObject, headers: Headers) => {
  const names = (list: string) => list === '*' || list.includes(`"${etag}"`);
  if (headers['if-match'] && !names(headers['if-match']))
    throw new S3Error(412, 'PreconditionFailed');
  if (headers['if-none-match'] && names(headers['if-none-match']))
    throw new S3Error(304, 'NotModified');
};

/** Response headers that a presigned URL overrides (`response-content-type` and others). */
const overrides = (query: URLSearchParams) =>
  Object.fromEntries(
    [...query]
      .filter(([name]) => name.startsWith('response-'))
      .map(([name, value]) => [name.slice('response-'.length), value]),
  );
