import { S3ServiceException } from '@aws-sdk/client-s3';
import { AppError } from '@taar/kit/errors';
import type { Logger } from '@taar/kit/logger';

/** The source of an upload failed while it was read; the store did not fail. */
export class BodyFailed extends Error {}

const missing = new Set(['NoSuchKey', 'NotFound', 'NoSuchUpload', 'NoSuchBucket']);
const broken = new Set(['ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ERR_STREAM_PREMATURE_CLOSE']);

/** Turns every failure of the store, but for a missing object, into `dependency_unavailable`. */
export const createOrUnavailable =
  (logger: Logger) =>
  async <T>(work: Promise<T>): Promise<T> => {
    try {
      return await work;
    } catch (error) {
      if (error instanceof BodyFailed || isMissing(error)) throw error;
      logger.warn('A request to the storage failed.', { error });
      throw new AppError('dependency_unavailable', 'Try again shortly.', { retryAfterMs: 1_000 });
    }
  };

/** Turns a missing object or upload into null. */
export const orNull = async <T>(work: Promise<T>): Promise<T | null> => {
  try {
    return await work;
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
};

/** Whether a connection broke while a body was read from the store. */
export const isBrokenStream = (thrown: unknown) =>
  thrown instanceof Error && broken.has((thrown as NodeJS.ErrnoException).code ?? '');

const isMissing = (thrown: unknown) =>
  thrown instanceof S3ServiceException && missing.has(thrown.name);
