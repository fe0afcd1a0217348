import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { S3Error } from './s3-error.ts';

export type Headers = Record<string, string | undefined>;

/** A request in S3's terms. `bucket` and `key` are empty where the path names none. */
export type Call = {
  method: string;
  /** Still URL-encoded: the signature covers this form. */
  path: string;
  bucket: string;
  key: string;
  query: URLSearchParams;
  headers: Headers;
  body: Readable;
};

/** `payload` is the SHA-256 of the body as signed, or a word for a body that is not signed. */
export type SignedCall = Call & { payload: string };

export type Answer = {
  status?: number;
  headers?: Record<string, string>;
  body?: string | Readable;
};

export const toCall = (req: IncomingMessage): Call => {
  const [path = '/', query = ''] = (req.url ?? '/').split(/\?(.*)/s);
  const [, bucket = '', ...key] = path.split('/').map(decode);
  return {
    method: req.method ?? 'GET',
    path,
    bucket,
    key: key.join('/'),
    query: new URLSearchParams(query),
    headers: req.headers as Headers,
    body: req,
  };
};

const decode = (segment: string) => {
  try {
    return decodeURIComponent(segment);
  } catch {
    throw new S3Error(400, 'InvalidURI');
  }
};
