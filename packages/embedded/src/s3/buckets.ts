import type { Answer, SignedCall } from './call.ts';
import { receiveText } from './body.ts';
import { S3Error } from './s3-error.ts';
import { bucketOf, type Store } from './store.ts';
import { parseXml, xml } from './xml.ts';

export const createBucket = async (store: Store, call: SignedCall): Promise<Answer> => {
  const { bucket } = call;
  await receiveText(call);
  if (!/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(bucket))
    throw new S3Error(400, 'InvalidBucketName');
  if (!store.buckets.has(bucket))
    store.commit({ type: 'bucket', bucket, value: { created: Date.now(), cors: [] } });
  return { headers: { location: `/${bucket}` } };
};

export const headBucket = (store: Store, call: SignedCall): Answer => {
  bucketOf(store, call);
  return {};
};

export const deleteObjects = async (store: Store, call: SignedCall): Promise<Answer> => {
  const { bucket } = call;
  const { objects } = bucketOf(store, call);
  const text = await receiveText(call);
  const request: { Object?: { Key: string }[]; Quiet?: string } = parseXml('Delete', text);
  const keys = (request.Object ?? []).map(({ Key }) => Key);
  for (const key of keys) if (objects.has(key)) store.commit({ type: 'object-gone', bucket, key });
  return xml(
    'DeleteResult',
    request.Quiet === 'true' ? {} : { Deleted: keys.map((Key) => ({ Key })) },
  );
};

export const listObjects = (store: Store, call: SignedCall): Answer => {
  const { objects } = bucketOf(store, call);
  const get = (name: string) => call.query.get(name) ?? '';
  const [prefix, delimiter] = [get('prefix'), get('delimiter')];
  const limit = Math.min(Number(call.query.get('max-keys') ?? 1000), 1000);
  const token = Buffer.from(get('continuation-token'), 'base64url').toString();

  // Keys with the same text before the delimiter are one entry.
  const entries = new Map<string, object>();
  for (const key of [...objects.keys()].filter((key) => key.startsWith(prefix)).sort()) {
    const cut = delimiter ? key.indexOf(delimiter, prefix.length) : -1;
    const entry = cut < 0 ? key : key.slice(0, cut + delimiter.length);
    const { modified, etag, size } = objects.get(key)!;
    const LastModified = new Date(modified).toISOString();
    if (entry <= (token || get('start-after'))) continue;
    if (cut >= 0) entries.set(entry, { Prefix: entry });
    else entries.set(entry, { Key: key, LastModified, ETag: `"${etag}"`, Size: size });
  }

  const page = [...entries].slice(0, limit);
  const last = page.at(-1)?.[0];
  const more = entries.size > page.length && last !== undefined;
  return xml('ListBucketResult', {
    Name: call.bucket,
    Prefix: prefix,
    MaxKeys: limit,
    KeyCount: page.length,
    IsTruncated: more,
    NextContinuationToken: more ? Buffer.from(last).toString('base64url') : undefined,
    Contents: page.map(([, entry]) => entry).filter((entry) => 'Key' in entry),
    CommonPrefixes: page.map(([, entry]) => entry).filter((entry) => 'Prefix' in entry),
  });
};
