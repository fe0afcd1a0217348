import type { Readable } from 'node:stream';
import type { S3Client } from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { BodyFailed } from './failures.ts';
import { type Described, headersOf } from './objects.ts';

const partBytes = 5 * 1024 * 1024;

/**
 * Streams a body of any length into an object, holding two parts in memory at most. A body that is
 * destroyed ends the upload; what was sent of it is gone by the time that this rejects.
 */
export const createSend =
  (client: S3Client, Bucket: string) =>
  async (Key: string, body: Readable, described: Described): Promise<void> => {
    let failure: unknown;
    const send = async (command: Parameters<S3Client['send']>[0]) => {
      try {
        return await client.send(command);
      } catch (error) {
        failure ??= error;
        // One part that fails is the end of all: the others would run on to the last byte.
        body.destroy(error as Error);
        throw error;
      }
    };
    const upload = new Upload({
      client: Object.create(client, { send: { value: send } }) as S3Client,
      params: { Bucket, Key, Body: body, IfNoneMatch: '*', ...headersOf(described) },
      partSize: partBytes,
      queueSize: 2,
    });
    try {
      await upload.done();
    } catch (error) {
      if (!failure && body.errored)
        throw new BodyFailed('The body broke off.', { cause: body.errored });
      throw failure ?? error;
    }
  };
