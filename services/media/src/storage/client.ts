import { S3Client } from '@aws-sdk/client-s3';
import { withDeadline } from '@taar/kit/deadline';
import type { Config } from '../config.ts';

export class StorageTimeout extends Error {}

/** One deadline covers all attempts of a request. */
export const createClient = (config: Config) => {
  const client = new S3Client(optionsOf(config));
  const deadlineMs = config.S3_DEADLINE_MS;
  const lateError = () => new StorageTimeout(`The storage did not answer within ${deadlineMs} ms.`);
  client.middlewareStack.add((next) => (args) => withDeadline(next(args), deadlineMs, lateError), {
    step: 'initialize',
    name: 'deadline',
    priority: 'high',
  });
  return client;
};

/** Signs URLs. By default, a presigned PUT would demand the checksum of an empty body. */
export const createPresigner = (config: Config) =>
  new S3Client({ ...optionsOf(config), requestChecksumCalculation: 'WHEN_REQUIRED' });

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
