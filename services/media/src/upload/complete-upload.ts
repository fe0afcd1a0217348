import type { Input, Output, mediaRest } from '@taar/contracts';
import type { Media } from '@taar/db';
import { toMediaRef } from '@taar/domain/media';
import type { Actor } from '@taar/kit/auth';
import { invalidField } from '@taar/kit/edge';
import { AppError } from '@taar/kit/errors';
import type { Deps } from '../deps.ts';
import { type Purpose, assertPurpose, kindOf, maxBytesOf, typeNotAllowed } from '../files/kinds.ts';
import { assertStoredPicture } from './assert-stored-picture.ts';
import { discardUpload } from './discard-upload.ts';
import { finishUpload } from './finish-upload.ts';
import { createInspection } from './inspection.ts';
import { findOwnUploadOrThrow } from './own-upload.ts';
import { peek, rejoined } from './peek.ts';
import { sniffType, sniffedBytes } from './sniff-type.ts';
import { assertNotExpired, partsOf } from './upload-target.ts';

type Complete = typeof mediaRest.completeUpload;

/** Checks a file that the client sent to the storage; discards it if it is not as announced. */
export const completeUpload = async (
  deps: Deps,
  { userId }: Actor,
  { mediaId }: Input<Complete>,
): Promise<Output<Complete>> => {
  const media = await findOwnUploadOrThrow(deps, userId, mediaId);
  if (media.state !== 'pending') return { media: toMediaRef(media) };
  assertNotExpired(deps, media);

  return deps.uploadSlots.run(userId, async () => {
    await joinParts(deps, media);
    try {
      const { body } = await finishUpload(deps, media, await inspect(deps, media));
      return body;
    } catch (error) {
      if (isFinal(error)) await discardUpload(deps, media);
      throw error;
    }
  });
};

const joinParts = async ({ storage }: Pick<Deps, 'storage'>, media: Media) => {
  const { bucketKey, uploadId, sizeBytes } = media;
  const stored = uploadId && (await storage.listParts(bucketKey, uploadId));
  // An earlier call has joined the parts; the client may not have received its answer.
  if (!uploadId || !stored) return;
  const parts = partsOf(Number(sizeBytes)).parts.map((expected) =>
    stored.find(
      (part) => part.partNumber === expected.partNumber && part.sizeBytes === expected.sizeBytes,
    ),
  );
  if (parts.includes(undefined)) throw incomplete();
  await storage.join(
    bucketKey,
    uploadId,
    parts.filter((part) => part !== undefined),
  );
};

/** Reads the stored file and compares its type, size and hash with the announcement. */
const inspect = async (deps: Deps, media: Media) => {
  const stored = await deps.storage.read(media.bucketKey);
  if (!stored) throw incomplete();
  const head = await peek(stored, sniffedBytes);
  const mimeType = await sniffType(head, media.mimeType);
  const kind = kindOf(mimeType);
  if (kind !== kindOf(media.mimeType)) throw typeNotAllowed();
  assertPurpose(media.purpose as Purpose, mimeType);
  const inspection = createInspection(mimeType, maxBytesOf(deps.config, kind));
  for await (const chunk of rejoined(head, stored)) inspection.take(chunk);
  const { sizeBytes, sha256 } = inspection.result();
  if (sizeBytes !== Number(media.sizeBytes)) throw invalidField('sizeBytes', 'any.only');
  if (!sha256.equals(media.sha256!)) throw invalidField('sha256', 'any.only');
  await assertStoredPicture(deps, { ...media, mimeType });
  return { ...media, mimeType, sizeBytes, sha256 };
};

const incomplete = () => new AppError('conflict', 'Some bytes of the upload have not arrived.');

const isFinal = (error: unknown) =>
  error instanceof AppError && !['dependency_unavailable', 'conflict'].includes(error.code);
