import {
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
  type S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { getSignedUrl as signForCdn } from '@aws-sdk/cloudfront-signer';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import type { Config } from '../config.ts';
import { type Described, headersOf } from './objects.ts';

export type Method = 'GET' | 'HEAD';
export type SignRead = (key: string, method: Method, expiresAt: Date) => Promise<string>;

/** Signs a download URL that needs no token: CloudFront's where it is set up, else the store's. */
export const createSignRead = (config: Config, client: S3Client): SignRead => {
  const { CDN_URL, CDN_KEY_PAIR_ID, CDN_PRIVATE_KEY } = config;
  if (CDN_URL && CDN_KEY_PAIR_ID && CDN_PRIVATE_KEY)
    return async (key, _method, dateLessThan) =>
      signForCdn({
        url: new URL(key, CDN_URL).href,
        keyPairId: CDN_KEY_PAIR_ID,
        privateKey: CDN_PRIVATE_KEY,
        dateLessThan,
      });

  const Bucket = config.S3_BUCKET;
  return (Key, method, expiresAt) =>
    getSignedUrl(
      client,
      method === 'HEAD'
        ? new HeadObjectCommand({ Bucket, Key })
        : new GetObjectCommand({ Bucket, Key }),
      { expiresIn: secondsTo(expiresAt) },
    );
};

/** Signs URLs that accept exactly the announced size and type, and only one upload. */
export const createSignWrite = (presigner: S3Client, Bucket: string) => ({
  put: async (Key: string, described: Described, sizeBytes: number, expiresAt: Date) => {
    const stored = headersOf(described);
    const headers = {
      'content-type': stored.ContentType,
      'content-disposition': stored.ContentDisposition,
      'cache-control': stored.CacheControl,
      'if-none-match': '*',
    };
    const command = new PutObjectCommand({
      Bucket,
      Key,
      ...stored,
      ContentLength: sizeBytes,
      IfNoneMatch: '*',
    });
    const url = await getSignedUrl(presigner, command, {
      expiresIn: secondsTo(expiresAt),
      signableHeaders: new Set(['host', 'content-length', ...Object.keys(headers)]),
    });
    return { url, headers };
  },
  part: (Key: string, UploadId: string, PartNumber: number, sizeBytes: number, expiresAt: Date) =>
    getSignedUrl(
      presigner,
      new UploadPartCommand({ Bucket, Key, UploadId, PartNumber, ContentLength: sizeBytes }),
      { expiresIn: secondsTo(expiresAt), signableHeaders: new Set(['host', 'content-length']) },
    ),
});

const secondsTo = (at: Date) => Math.max(1, Math.floor((at.getTime() - Date.now()) / 1_000));
