import {
  CreateBucketCommand,
  HeadBucketCommand,
  PutBucketCorsCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import type { Config } from '../config.ts';
import { orNull } from './failures.ts';

/** Creates the bucket of a self-hosted store (`S3_ENDPOINT`) once. Terraform creates it on AWS. */
export const createEnsureBucket = (client: S3Client, config: Config) => {
  const Bucket = config.S3_BUCKET;
  const ensure = async () => {
    if (await orNull(client.send(new HeadBucketCommand({ Bucket })))) return;
    await client.send(new CreateBucketCommand({ Bucket }));
    if (config.CORS_ORIGINS.length === 0) return;
    await client.send(
      new PutBucketCorsCommand({
        Bucket,
        CORSConfiguration: {
          CORSRules: [
            {
              AllowedOrigins: config.CORS_ORIGINS,
              AllowedMethods: ['GET', 'HEAD', 'PUT'],
              AllowedHeaders: ['*'],
              ExposeHeaders: ['ETag'],
            },
          ],
        },
      }),
    );
  };
  let ensured: Promise<void> | undefined;
  return async () => {
    if (!config.S3_ENDPOINT) return;
    ensured ??= ensure();
    await ensured.catch((error: unknown) => {
      ensured = undefined;
      throw error;
    });
  };
};
