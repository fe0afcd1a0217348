import { HeadBucketCommand } from '@aws-sdk/client-s3';
import type { Logger } from '@taar/kit/logger';
import type { Config } from '../config.ts';
import { createEnsureBucket } from './bucket.ts';
import { createClient, createPresigner } from './client.ts';
import { createReach } from './failures.ts';
import { createObjects } from './objects.ts';
import { createParts } from './parts.ts';
import { createSend } from './send.ts';
import { createSignRead, createSignWrite } from './sign.ts';

type Async = (...args: never[]) => Promise<unknown>;

/** The bucket. What it throws is an AppError or says that something is not there. */
export const createStorage = (config: Config, logger: Logger) => {
  const client = createClient(config);
  const presigner = createPresigner(config);
  const Bucket = config.S3_BUCKET;
  const ensureBucket = createEnsureBucket(client, config);
  const reach = createReach(logger);
  const reaching = <F extends Async>(call: F): F =>
    ((...args: Parameters<F>) => reach(ensureBucket().then(() => call(...args)))) as F;

  const objects = createObjects(client, Bucket);
  const parts = createParts(client, Bucket);
  return {
    send: reaching(createSend(objects, parts)),
    put: reaching(objects.put),
    sizeOf: reaching(objects.sizeOf),
    read: reaching(objects.read),
    begin: reaching(parts.begin),
    listParts: reaching(parts.listParts),
    join: reaching(parts.join),
    /** Objects under a prefix but those kept, and uploads under way. */
    remove: reaching(async (prefix: string, kept: string[] = []) => {
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
