import type { Readable } from 'node:stream';
import {
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { dispositionOf } from '../files/file-name.ts';
import { orNull } from './failures.ts';

export type Described = { mimeType: string; fileName: string | null };

/** Headers that the store keeps with an object and sends with each download. */
export const headersOf = ({ mimeType, fileName }: Described) => ({
  ContentType: mimeType,
  ContentDisposition: dispositionOf(mimeType, fileName),
  CacheControl: 'private, max-age=31536000, immutable',
});

export const createObjects = (client: S3Client, Bucket: string) => {
  const list = async function* (Prefix: string) {
    let ContinuationToken: string | undefined;
    do {
      const page = await client.send(
        new ListObjectsV2Command({
          Bucket,
          Prefix,
          ...(ContinuationToken && { ContinuationToken }),
        }),
      );
      yield (page.Contents ?? []).map(({ Key }) => Key!);
      ContinuationToken = page.NextContinuationToken;
    } while (ContinuationToken);
  };

  return {
    put: async (Key: string, Body: Buffer, described: Described) => {
      await client.send(new PutObjectCommand({ Bucket, Key, Body, ...headersOf(described) }));
    },
    /** The size of an object in bytes; null if there is no such object. */
    sizeOf: async (Key: string): Promise<number | null> => {
      const head = await orNull(client.send(new HeadObjectCommand({ Bucket, Key })));
      return head && (head.ContentLength ?? 0);
    },
    read: async (Key: string): Promise<Readable | null> => {
      const object = await orNull(client.send(new GetObjectCommand({ Bucket, Key })));
      return object && (object.Body as Readable);
    },
    /** Removes the objects under a prefix, but for the keys in `kept`. */
    removeObjects: async (prefix: string, kept: string[] = []) => {
      for await (const keys of list(prefix)) {
        const Objects = keys.filter((key) => !kept.includes(key)).map((Key) => ({ Key }));
        if (Objects.length === 0) continue;
        await client.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects, Quiet: true } }));
      }
    },
  };
};
export type Objects = ReturnType<typeof createObjects>;
