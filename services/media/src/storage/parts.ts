import {
  AbortMultipartUploadCommand,
  type AbortMultipartUploadCommandInput,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  ListMultipartUploadsCommand,
  ListPartsCommand,
  type S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { orNull } from './failures.ts';
import { type Described, headersOf } from './objects.ts';

export type Part = { partNumber: number; sizeBytes: number; etag: string };

/** Multipart uploads: an object that is sent in parts and then joined. */
export const createParts = (client: S3Client, Bucket: string) => {
  const abort = async (upload: AbortMultipartUploadCommandInput) => {
    await orNull(client.send(new AbortMultipartUploadCommand(upload)));
  };

  return {
    begin: async (Key: string, described: Described) => {
      const { UploadId } = await client.send(
        new CreateMultipartUploadCommand({ Bucket, Key, ...headersOf(described) }),
      );
      return UploadId!;
    },
    send: async (
      Key: string,
      UploadId: string,
      PartNumber: number,
      Body: Buffer,
    ): Promise<Part> => {
      const { ETag } = await client.send(
        new UploadPartCommand({ Bucket, Key, UploadId, PartNumber, Body }),
      );
      return { partNumber: PartNumber, sizeBytes: Body.length, etag: ETag! };
    },
    /** The parts that arrived; null once the upload was joined or aborted. */
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
    /** False if the upload no longer exists: a concurrent call may have joined its parts. */
    join: async (Key: string, UploadId: string, parts: Part[]) => {
      const Parts = parts.map(({ partNumber, etag }) => ({ PartNumber: partNumber, ETag: etag }));
      const joined = await orNull(
        client.send(
          new CompleteMultipartUploadCommand({ Bucket, Key, UploadId, MultipartUpload: { Parts } }),
        ),
      );
      return joined !== null;
    },
    abort: (Key: string, UploadId: string) => abort({ Bucket, Key, UploadId }),
    abortAll: async (Prefix: string) => {
      const { Uploads = [] } = await client.send(
        new ListMultipartUploadsCommand({ Bucket, Prefix }),
      );
      for (const { Key, UploadId } of Uploads) await abort({ Bucket, Key, UploadId });
    },
  };
};
export type Parts = ReturnType<typeof createParts>;
