import type { FirebaseAuthOptions } from './firebase-auth.ts';
import type { RedisOptions } from './redis.ts';
import type { S3Options } from './s3/start-s3.ts';

/** The parts that run in a separate process. Each import is lazy, so a process loads one part. */
export const parts = {
  redis: async (options: RedisOptions) => (await import('./redis.ts')).startRedis(options),
  s3: async (options: S3Options) => (await import('./s3/start-s3.ts')).startS3(options),
  'firebase-auth': async (options: FirebaseAuthOptions) =>
    (await import('./firebase-auth.ts')).startFirebaseAuth(options),
};

export type PartName = keyof typeof parts;
export type PartOptions<Name extends PartName> = Parameters<(typeof parts)[Name]>[0];
