import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { S3Error } from './error.ts';

export type Headers = Record<string, string | undefined>;

/** A request in S3's terms. `bucket` and `key` are empty where the path names none. */
export type Call = {
  method: string;
  /** As it came, still encoded: the signature is over this form. */
  path: string;
  bucket: string;
  key: string;
  query: URLSearchParams;
  headers: Headers;
  body: Readable;
};

/** `payload` is what the signature says about the body: its SHA-256, or that it is not covered. */
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
