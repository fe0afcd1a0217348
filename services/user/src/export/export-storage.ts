import { CreateBucketCommand, NoSuchBucket, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import type { Config } from '../config.ts';

export type ExportStorage = {
  put: (key: string, body: Buffer) => Promise<void>;
  close: () => void;
};

const deadlineMs = 30_000;

/** The bucket of media, where a finished export is stored as a media of its owner. */
export const createExportStorage = (config: Config): ExportStorage => {
  const { S3_ENDPOINT, S3_ACCESS_KEY_ID, S3_SECRET_ACCESS_KEY } = config;
  const client = new S3Client({
    region: config.S3_REGION,
    requestHandler: { connectionTimeout: deadlineMs, requestTimeout: deadlineMs },
    ...(S3_ENDPOINT && { endpoint: S3_ENDPOINT, forcePathStyle: config.S3_FORCE_PATH_STYLE }),
    ...(S3_ACCESS_KEY_ID &&
      S3_SECRET_ACCESS_KEY && {
        credentials: { accessKeyId: S3_ACCESS_KEY_ID, secretAccessKey: S3_SECRET_ACCESS_KEY },
      }),
  });
  const Bucket = config.S3_BUCKET;
  const put = (Key: string, Body: Buffer) =>
    client.send(
      new PutObjectCommand({
        Bucket,
        Key,
        Body,
        ContentType: 'application/json',
        ContentDisposition: 'attachment; filename="taar-export.json"',
        CacheControl: 'private, no-store',
      }),
    );
  return {
    put: async (key, body) => {
      try {
        await put(key, body);
      } catch (error) {
        // A self-hosted store has no bucket before the first upload; on AWS the bucket always exists.
        if (!S3_ENDPOINT || !(error instanceof NoSuchBucket)) throw error;
        await client.send(new CreateBucketCommand({ Bucket }));
        await put(key, body);
      }
    },
    close: () => client.destroy(),
  };
};
