import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import type { Config } from '../config.ts';

export type Storage = {
  /** A URL at which anyone can fetch the object for as long as it says. */
  signGet: (key: string, seconds: number) => Promise<string>;
};

const createClient = (config: Config) => {
  const { S3_ENDPOINT, S3_ACCESS_KEY_ID, S3_SECRET_ACCESS_KEY } = config;
  return new S3Client({
    region: config.S3_REGION,
    ...(S3_ENDPOINT && { endpoint: S3_ENDPOINT, forcePathStyle: config.S3_FORCE_PATH_STYLE }),
    ...(S3_ACCESS_KEY_ID &&
      S3_SECRET_ACCESS_KEY && {
        credentials: { accessKeyId: S3_ACCESS_KEY_ID, secretAccessKey: S3_SECRET_ACCESS_KEY },
      }),
  });
};

export const createStorage = (config: Config): Storage => {
  const client = createClient(config);
  const Bucket = config.S3_BUCKET;
  return {
    signGet: (Key, seconds) =>
      getSignedUrl(client, new GetObjectCommand({ Bucket, Key }), { expiresIn: seconds }),
  };
};
