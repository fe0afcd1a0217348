import type { FirebaseAuthOptions } from './firebase-auth.ts';
import type { RedisOptions } from './redis.ts';
import type { S3Options } from './s3/server.ts';

/** What runs in a process of its own; each loads only its own libraries. */
export const parts = {
  redis: async (options: RedisOptions) => (await import('./redis.ts')).startRedis(options),
  s3: async (options: S3Options) => (await import('./s3/server.ts')).startS3(options),
  'firebase-auth': async (options: FirebaseAuthOptions) =>
    (await import('./firebase-auth.ts')).startFirebaseAuth(options),
};

export type PartName = keyof typeof parts;
export type PartOptions<Name extends PartName> = Parameters<(typeof parts)[Name]>[0];
