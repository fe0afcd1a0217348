import busboy from 'busboy';
import type { Readable } from 'node:stream';
import type { Answer, Call, Headers } from './call.ts';
import { receive } from './body.ts';
import { S3Error } from './s3-error.ts';
import { storedHeaders } from './objects.ts';
import { assertPolicy } from './post-policy.ts';
import type { Identity } from './signature.ts';
import { bucketOf, type Store } from './store.ts';
import { xml } from './xml.ts';

type Form = { fields: Map<string, string>; file: Readable; filename: string };

/** Stores the file of a browser's form within the limits of the form's signed policy. */
export const postObject = async (store: Store, call: Call, identity: Identity): Promise<Answer> => {
  bucketOf(store, call);
  const { fields, file, filename } = await formOf(call);
  const { minBytes, maxBytes } = await assertPolicy(call.bucket, fields, identity);
  const key = fields.get('key')?.replace('${filename}', filename);
  if (!key) throw new S3Error(400, 'InvalidArgument', 'The form names no key.');

  const incoming = { headers: {}, payload: 'UNSIGNED-PAYLOAD', body: file };
  const { blob, ...content } = await receive(store.blobs, incoming, maxBytes);
  if (content.size < minBytes) {
    store.blobs.drop(blob);
    throw new S3Error(400, 'EntityTooSmall');
  }
  const value = {
    blob,
    ...content,
    modified: Date.now(),
    headers: storedHeaders(Object.fromEntries(fields)),
  };
  store.commit({ type: 'object', bucket: call.bucket, key, value });

  const etag = `"${content.etag}"`;
  if (fields.get('success_action_status') !== '201') return { status: 204, headers: { etag } };
  return xml('PostResponse', { Bucket: call.bucket, Key: key, ETag: etag }, 201);
};

/** The fields of a form and its file, which comes last and is read as a stream. */
const formOf = ({ body, headers }: Call) =>
  new Promise<Form>((resolve, reject) => {
    const fields = new Map<string, string>();
    const form = createReader(headers);
    form.on('field', (name, value) => fields.set(name.toLowerCase(), value));
    form.on('file', (_, file, { filename = '' }) => resolve({ fields, file, filename }));
    form.once('close', () => reject(new S3Error(400, 'InvalidArgument', 'The form has no file.')));
    form.once('error', () => reject(malformed()));
    body.once('error', (error) => form.destroy(error));
    body.pipe(form);
  });

const createReader = (headers: Headers) => {
  try {
    return busboy({ headers, limits: { files: 1, fieldSize: 65_536 } });
  } catch {
    throw malformed();
  }
};

const malformed = () => new S3Error(400, 'MalformedPOSTRequest');
