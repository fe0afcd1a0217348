import { HeadBucketCommand } from '@aws-sdk/client-s3';
import type { Logger } from '@taar/kit/logger';
import type { Config } from '../config.ts';
import { createEnsureBucket } from './ensure-bucket.ts';
import { createClient, createPresigner } from './client.ts';
import { createOrUnavailable } from './failures.ts';
import { createObjects } from './objects.ts';
import { createParts } from './parts.ts';
import { createSend } from './send.ts';
import { createSignRead, createSignWrite } from './sign.ts';

type Async = (...args: never[]) => Promise<unknown>;

/** Everything done with the bucket. It throws AppErrors, or an S3 error for a missing object. */
export const createStorage = (config: Config, logger: Logger) => {
  const client = createClient(config);
  const presigner = createPresigner(config);
  const Bucket = config.S3_BUCKET;
  const ensureBucket = createEnsureBucket(client, config);
  const orUnavailable = createOrUnavailable(logger);
  const guarded = <F extends Async>(call: F): F =>
    ((...args: Parameters<F>) => orUnavailable(ensureBucket().then(() => call(...args)))) as F;

  const objects = createObjects(client, Bucket);
  const parts = createParts(client, Bucket);
  return {
    send: guarded(createSend(objects, parts)),
    put: guarded(objects.put),
    sizeOf: guarded(objects.sizeOf),
    read: guarded(objects.read),
    begin: guarded(parts.begin),
    listParts: guarded(parts.listParts),
    join: guarded(parts.join),
    /** Removes the uploads and objects under a prefix, but for the keys in `kept`. */
    remove: guarded(async (prefix: string, kept: string[] = []) => {
      await parts.abortAll(prefix);
      await objects.removeObjects(prefix, kept);
    }),
    signRead: createSignRead(config, client),
    signWrite: createSignWrite(presigner, Bucket),
    probe: () => ensureBucket().then(() => client.send(new HeadBucketCommand({ Bucket }))),
    close: () => {
      client.destroy();
      presigner.destroy();
    },
  };
};
export type Storage = ReturnType<typeof createStorage>;
