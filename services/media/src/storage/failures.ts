import { S3ServiceException } from '@aws-sdk/client-s3';
import { AppError } from '@taar/kit/errors';
import type { Logger } from '@taar/kit/logger';

/** A body broke off on its way to the store, so it was not the store that failed. */
export class BodyFailed extends Error {}

const missing = new Set(['NoSuchKey', 'NotFound', 'NoSuchUpload', 'NoSuchBucket']);

/** Says of a failure that the store answered, and has no such thing. */
export const isMissing = (thrown: unknown) =>
  thrown instanceof S3ServiceException && missing.has(thrown.name);

/** Any other failure of the store is a reason to try again later. */
export const createReach =
  (logger: Logger) =>
  async <T>(work: Promise<T>): Promise<T> => {
    try {
      return await work;
    } catch (error) {
      if (error instanceof BodyFailed || isMissing(error)) throw error;
      logger.warn('the storage failed', { error });
      throw new AppError('dependency_unavailable', 'Try again shortly.', { retryAfterMs: 1_000 });
    }
  };

export const orNull = async <T>(work: Promise<T>): Promise<T | null> => {
  try {
    return await work;
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
};

const broken = new Set(['ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ERR_STREAM_PREMATURE_CLOSE']);

/** A body from the store that broke off. */
export const isBrokenStream = (thrown: unknown) =>
  thrown instanceof Error && broken.has((thrown as NodeJS.ErrnoException).code ?? '');
