import {
  CreateBucketCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { atEnd } from '@taar/testing/at-end';
import { envOf } from '@taar/testing/env';

/** Creates a bucket and reads and writes it directly, past the service. */
export const openBucket = async (Bucket: string) => {
  const client = new S3Client({
    region: 'us-east-1',
    endpoint: envOf('TEST_S3_ENDPOINT'),
    forcePathStyle: true,
    credentials: {
      accessKeyId: envOf('TEST_S3_ACCESS_KEY_ID'),
      secretAccessKey: envOf('TEST_S3_SECRET_ACCESS_KEY'),
    },
  });
  atEnd(() => client.destroy());
  await client.send(new CreateBucketCommand({ Bucket }));
  return {
    objects: async (Prefix = '') => {
      const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket, Prefix }));
      return Contents.map(({ Key }) => Key!);
    },
    uploads: async () => {
      const { Uploads = [] } = await client.send(new ListMultipartUploadsCommand({ Bucket }));
      return Uploads.map(({ Key }) => Key!);
    },
    read: async (Key: string) => {
      const { Body } = await client.send(new GetObjectCommand({ Bucket, Key }));
      return Buffer.from(await Body!.transformToByteArray());
    },
    put: (Key: string, Body: Buffer) => client.send(new PutObjectCommand({ Bucket, Key, Body })),
    remove: (Key: string) => client.send(new DeleteObjectCommand({ Bucket, Key })),
  };
};
