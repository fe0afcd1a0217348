import { S3Client, type S3ClientConfig } from '@aws-sdk/client-s3';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startPart } from '../src/start-part.ts';

export const bucket = 'taar-media';
const credentials = { accessKeyId: 'taar-test', secretAccessKey: 'taar-test-secret' };

/** Starts a server in a new folder; `client()` connects as the services do. */
export const startS3 = async () => {
  const dir = await mkdtemp(join(tmpdir(), 'taar-s3-'));
  let part = await startPart('s3', { dir, ...credentials });
  const clients: S3Client[] = [];

  return {
    url: () => part.url,
    client: (config: S3ClientConfig = {}) => {
      const client = new S3Client({
        endpoint: part.url,
        region: 'us-east-1',
        forcePathStyle: true,
        credentials,
        maxAttempts: 1,
        ...config,
      });
      clients.push(client);
      return client;
    },
    blobs: () => readdir(join(dir, 'blobs')),
    killAndRestart: async () => {
      process.kill(part.pid, 'SIGKILL');
      await part.stop();
      part = await startPart('s3', { dir, ...credentials });
    },
    stop: async () => {
      for (const client of clients) client.destroy();
      await part.stop();
      await rm(dir, { recursive: true });
    },
  };
};

export type S3 = Awaited<ReturnType<typeof startS3>>;
