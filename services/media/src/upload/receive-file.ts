import { Transform, type Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Media } from '@taar/db';
import type { Actor } from '@taar/kit/auth';
import { invalidField } from '@taar/kit/edge';
import { AppError } from '@taar/kit/errors';
import type { Deps } from '../deps.ts';
import { cleanFileName } from '../files/file-name.ts';
import { fileTooLarge, kindOf, maxBytesOf } from '../files/kinds.ts';
import { BodyFailed } from '../storage/failures.ts';
import { assertStoredPicture } from './assert-stored-picture.ts';
import { discardUpload } from './discard-upload.ts';
import { type Inspection, createInspection } from './inspection.ts';
import { peek, rejoined } from './peek.ts';
import { lockUploadsOf, reserveUpload } from './reserve-upload.ts';
import { sniffType, sniffedBytes } from './sniff-type.ts';

type IncomingFile = {
  stream: Readable;
  name: string;
  declaredType: string;
  /** Upper bound of the file's size, where the request states its length. */
  announcedBytes?: number | undefined;
};
export type ReceivedFile = { media: Media; sizeBytes: number; sha256: Buffer<ArrayBuffer> };

/** Inserts the media's row, then streams the file into the storage and checks it. */
export const receiveFile = async (
  deps: Deps,
  { userId }: Actor,
  { stream, name, declaredType, announcedBytes }: IncomingFile,
): Promise<ReceivedFile> => {
  const head = await peek(stream, sniffedBytes).catch(() => {
    throw brokenOff();
  });
  const mimeType = await sniffType(head, declaredType);
  const maxBytes = maxBytesOf(deps.config, kindOf(mimeType));
  const expectedBytes = announcedBytes ?? maxBytes;
  if (expectedBytes > maxBytes) throw fileTooLarge(maxBytes);

  const media = await deps.db.$transaction(async (tx) => {
    await lockUploadsOf(tx, userId);
    return reserveUpload(deps, tx, {
      ownerId: userId,
      // A placeholder: the field with the purpose may follow the file. `finishUpload` writes it.
      purpose: 'message',
      mimeType,
      sizeBytes: expectedBytes,
      fileName: cleanFileName(name),
    });
  });
  try {
    const inspection = createInspection(mimeType, maxBytes);
    await storeInspected(deps, rejoined(head, stream), media, inspection);
    await assertStoredPicture(deps, media);
    return { media, ...inspection.result() };
  } catch (error) {
    await discardUpload(deps, media);
    throw error;
  }
};

/** Waits for both ends of the stream, so that neither runs on after this rejects. */
const storeInspected = async (
  { storage }: Deps,
  file: AsyncIterable<Buffer>,
  media: Media,
  inspection: Inspection,
) => {
  const inspected = inspecting(inspection);
  const [stored] = await Promise.allSettled([
    storage.send(media.bucketKey, inspected, media),
    pipeline(file, inspected),
  ]);
  if (stored.status === 'fulfilled') return;
  if (!(stored.reason instanceof BodyFailed)) throw stored.reason;
  throw stored.reason.cause instanceof AppError ? stored.reason.cause : brokenOff();
};

/** Passes bytes on unchanged, after the inspection has seen them. */
const inspecting = (inspection: Inspection) =>
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
