import type { Answer, SignedCall } from './call.ts';
import { createBucket, deleteObjects, headBucket, listObjects } from './buckets.ts';
import { putBucketCors } from './cors.ts';
import { S3Error } from './s3-error.ts';
import { abortUpload, completeUpload, createUpload } from './multipart.ts';
import { listParts, listUploads, uploadPart } from './multipart.ts';
import { copyObject, deleteObject, getObject, putObject } from './objects.ts';
import type { Store } from './store.ts';

type Operation = (store: Store, call: SignedCall) => Answer | Promise<Answer>;

/** Operations by method; `?name` stands for a query parameter that selects the operation. */
const onBucket: Record<string, Operation> = {
  'PUT ?cors': putBucketCors,
  PUT: createBucket,
  HEAD: headBucket,
  'POST ?delete': deleteObjects,
  'GET ?uploads': listUploads,
  'GET ?list-type': listObjects,
};
const onObject: Record<string, Operation> = {
  'POST ?uploads': createUpload,
  'PUT ?uploadId': uploadPart,
  'GET ?uploadId': listParts,
  'DELETE ?uploadId': abortUpload,
  'POST ?uploadId': completeUpload,
  PUT: (store, call) =>
    call.headers['x-amz-copy-source'] ? copyObject(store, call) : putObject(store, call),
  GET: getObject,
  HEAD: getObject,
  DELETE: deleteObject,
};

/** Sub-resources not served. Ignoring the parameter would read or overwrite the object itself. */
const unserved = ['acl', 'attributes', 'lifecycle', 'location', 'policy', 'retention'];
const known = ['cors', 'delete', 'uploads', 'uploadId', 'list-type'];

export const operationFor = ({ method, key, query, headers }: SignedCall): Operation => {
  const table = key ? onObject : onBucket;
  const named = known.find((name) => query.has(name));
  const operation = table[named ? `${method} ?${named}` : method];
  const ignored = [...unserved, 'tagging', 'versioning', 'versions', 'versionId'].find(
    (name) => name !== named && query.has(name),
  );
  const partCopy = named === 'uploadId' && headers['x-amz-copy-source'];
  if (!operation || ignored || partCopy) throw new S3Error(501, 'NotImplemented');
  return operation;
};
