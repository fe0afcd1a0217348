import { S3Client } from '@aws-sdk/client-s3';
import type { Config } from '../config.ts';

const optionsOf = (config: Config) => {
  const { S3_ENDPOINT, S3_ACCESS_KEY_ID, S3_SECRET_ACCESS_KEY } = config;
  return {
    region: config.S3_REGION,
    maxAttempts: 3,
    requestHandler: {
      connectionTimeout: config.S3_DEADLINE_MS,
      requestTimeout: config.S3_DEADLINE_MS,
      throwOnRequestTimeout: true,
    },
    ...(S3_ENDPOINT && { endpoint: S3_ENDPOINT, forcePathStyle: config.S3_FORCE_PATH_STYLE }),
    ...(S3_ACCESS_KEY_ID &&
      S3_SECRET_ACCESS_KEY && {
        credentials: { accessKeyId: S3_ACCESS_KEY_ID, secretAccessKey: S3_SECRET_ACCESS_KEY },
      }),
  };
};

export class StorageTimeout extends Error {}

const inTime = async <T>(work: Promise<T>, ms: number): Promise<T> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new StorageTimeout(`No answer in ${ms} ms.`)), ms);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
};

/** Every request has one deadline, all its attempts together. */
export const createClient = (config: Config) => {
  const client = new S3Client(optionsOf(config));
  client.middlewareStack.add((next) => (args) => inTime(next(args), config.S3_DEADLINE_MS), {
    step: 'initialize',
    name: 'deadline',
    priority: 'high',
  });
  return client;
};

/** For presigned PUTs: by default the checksum of an empty body would be signed into the URL. */
export const createPresigner = (config: Config) =>
  new S3Client({ ...optionsOf(config), requestChecksumCalculation: 'WHEN_REQUIRED' });
