import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  ListMultipartUploadsCommand,
  ListPartsCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { isMissing, orNull } from './failures.ts';
import { type Described, headersOf } from './objects.ts';

export type Part = { partNumber: number; sizeBytes: number; etag: string };

/** Uploads in parts. */
export const createParts = (client: S3Client, Bucket: string) => ({
  begin: async (Key: string, described: Described) => {
    const { UploadId } = await client.send(
      new CreateMultipartUploadCommand({ Bucket, Key, ...headersOf(described) }),
    );
    return UploadId!;
  },
  /** Null where the upload is over, one way or the other. */
  listParts: async (Key: string, UploadId: string): Promise<Part[] | null> => {
    const parts: Part[] = [];
    let PartNumberMarker: string | undefined;
    do {
      const page = await orNull(
        client.send(
          new ListPartsCommand({
            Bucket,
            Key,
            UploadId,
            ...(PartNumberMarker && { PartNumberMarker }),
          }),
        ),
      );
      if (!page) return null;
      for (const { PartNumber, Size, ETag } of page.Parts ?? [])
        parts.push({ partNumber: PartNumber!, sizeBytes: Size!, etag: ETag! });
      PartNumberMarker = page.IsTruncated ? page.NextPartNumberMarker : undefined;
    } while (PartNumberMarker);
    return parts;
  },
  /** Of two that join the same parts, the later finds the upload gone, which is as good. */
  join: async (Key: string, UploadId: string, parts: Part[]) => {
    const Parts = parts.map(({ partNumber, etag }) => ({ PartNumber: partNumber, ETag: etag }));
    await orNull(
      client.send(
        new CompleteMultipartUploadCommand({ Bucket, Key, UploadId, MultipartUpload: { Parts } }),
      ),
    );
  },
  abortAll: async (Prefix: string) => {
    const { Uploads = [] } = await client.send(new ListMultipartUploadsCommand({ Bucket, Prefix }));
    for (const { Key, UploadId } of Uploads)
      await client
        .send(new AbortMultipartUploadCommand({ Bucket, Key, UploadId }))
        .catch((error: unknown) => {
          if (!isMissing(error)) throw error;
        });
  },
});
