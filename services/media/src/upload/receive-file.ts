import { Transform, type Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Media } from '@taar/db';
import type { Actor } from '@taar/kit/auth';
import { invalidField } from '@taar/kit/edge';
import { AppError } from '@taar/kit/errors';
import { cleanFileName } from '../file-name.ts';
import { kindOf, maxBytesOf, tooLarge } from '../kinds.ts';
import type { Deps } from '../deps.ts';
import { BodyFailed } from '../storage/failures.ts';
import { discard } from './discard.ts';
import { type Inspection, createInspection } from './inspect.ts';
import { peek, rejoined } from './peek.ts';
import { lockUploadsOf, reserve } from './reserve.ts';
import { sniff, sniffedBytes } from './sniff.ts';
import { assertPictureIn } from './verify.ts';

type File = {
  stream: Readable;
  name: string;
  declaredType: string;
  /** The most that it can be long, as far as its sender said so. */
  announcedBytes?: number | undefined;
};
export type Received = { media: Media; sizeBytes: number; sha256: Buffer<ArrayBuffer> };

const meterOf = (inspection: Inspection) =>
  new Transform({
    transform: (chunk: Buffer, _encoding, done) => {
      try {
        inspection.take(chunk);
        done(null, chunk);
      } catch (error) {
        done(error as Error);
      }
    },
  });

const brokenOff = () => invalidField('file', 'form');

/** Both ends are waited for, so that nothing is under way any more when this rejects. */
const stream = async (
  { storage }: Deps,
  file: AsyncIterable<Buffer>,
  media: Media,
  inspection: Inspection,
) => {
  const meter = meterOf(inspection);
  const [sent] = await Promise.allSettled([
    storage.send(media.bucketKey, meter, media),
    pipeline(file, meter),
  ]);
  if (sent.status === 'fulfilled') return;
  if (!(sent.reason instanceof BodyFailed)) throw sent.reason;
  throw sent.reason.cause instanceof AppError ? sent.reason.cause : brokenOff();
};

/** Takes a file off the wire: first its row, then its bytes, straight through to the storage. */
export const receiveFile = async (
  deps: Deps,
  { userId }: Actor,
  { stream: file, name, declaredType, announcedBytes }: File,
): Promise<Received> => {
  const head = await peek(file, sniffedBytes).catch(() => {
    throw brokenOff();
  });
  const mimeType = await sniff(head, declaredType);
  const maxBytes = maxBytesOf(deps.config, kindOf(mimeType));
  const expectedBytes = announcedBytes ?? maxBytes;
  if (expectedBytes > maxBytes) throw tooLarge(maxBytes);

  const media = await deps.db.$transaction(async (tx) => {
    await lockUploadsOf(tx, userId);
    return reserve(deps, tx, {
      ownerId: userId,
      // Fields may come after the file, so what it is for is written when all is read.
      purpose: 'message',
      mimeType,
      sizeBytes: expectedBytes,
      fileName: cleanFileName(name),
    });
  });
  try {
    const inspection = createInspection(mimeType, maxBytes);
    await stream(deps, rejoined(head, file), media, inspection);
    await assertPictureIn(deps, media);
    return { media, ...inspection.result() };
  } catch (error) {
    await discard(deps, media);
    throw error;
  }
};
