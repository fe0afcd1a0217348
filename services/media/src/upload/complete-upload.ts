import type { Input, Output, mediaRest } from '@taar/contracts';
import type { Media } from '@taar/db';
import { toMediaRef } from '@taar/domain/media';
import type { Actor } from '@taar/kit/auth';
import { invalidField } from '@taar/kit/edge';
import { AppError } from '@taar/kit/errors';
import type { Deps } from '../deps.ts';
import { type Purpose, assertPurpose, kindOf, maxBytesOf, notAllowed } from '../kinds.ts';
import { discard } from './discard.ts';
import { finish } from './finish.ts';
import { createInspection } from './inspect.ts';
import { findOwnUploadOrThrow } from './own-upload.ts';
import { peek, rejoined } from './peek.ts';
import { sniff, sniffedBytes } from './sniff.ts';
import { partsOf, uploadExpired } from './target.ts';
import { assertPictureIn } from './verify.ts';

type Complete = typeof mediaRest.completeUpload;

const notThere = () => new AppError('conflict', 'Not all bytes of the upload have arrived.');

const joinParts = async ({ storage }: Pick<Deps, 'storage'>, media: Media) => {
  const { bucketKey, uploadId, sizeBytes } = media;
  const stored = uploadId && (await storage.listParts(bucketKey, uploadId));
  // Joined already, by a call whose answer was lost perhaps.
  if (!uploadId || !stored) return;
  const parts = partsOf(Number(sizeBytes)).sizes.map((wanted) =>
    stored.find(
      (part) => part.partNumber === wanted.partNumber && part.sizeBytes === wanted.sizeBytes,
    ),
  );
  if (parts.includes(undefined)) throw notThere();
  await storage.join(
    bucketKey,
    uploadId,
    parts.filter((part) => part !== undefined),
  );
};

/** Reads what the storage got: only that counts, not what was announced. */
const inspect = async (deps: Deps, media: Media) => {
  const stored = await deps.storage.read(media.bucketKey);
  if (!stored) throw notThere();
  const head = await peek(stored, sniffedBytes);
  const mimeType = await sniff(head, media.mimeType);
  const kind = kindOf(mimeType);
  if (kind !== kindOf(media.mimeType)) throw notAllowed();
  assertPurpose(media.purpose as Purpose, mimeType);
  const inspection = createInspection(mimeType, maxBytesOf(deps.config, kind));
  for await (const chunk of rejoined(head, stored)) inspection.take(chunk);
  const { sizeBytes, sha256 } = inspection.result();
  if (sizeBytes !== Number(media.sizeBytes)) throw invalidField('sizeBytes', 'any.only');
  if (!sha256.equals(media.sha256!)) throw invalidField('sha256', 'any.only');
  await assertPictureIn(deps, { ...media, mimeType });
  return { ...media, mimeType, sizeBytes, sha256 };
};

const isFinal = (error: unknown) =>
  error instanceof AppError && !['dependency_unavailable', 'conflict'].includes(error.code);

/** What the client sent to the storage is checked here, and thrown away if it is not as announced. */
export const completeUpload = async (
  deps: Deps,
  { userId }: Actor,
  { mediaId }: Input<Complete>,
): Promise<Output<Complete>> => {
  const media = await findOwnUploadOrThrow(deps, userId, mediaId);
  if (media.state !== 'pending') return { media: toMediaRef(media) };
  if (media.createdAt.getTime() + deps.config.ORPHAN_HOURS * 3_600_000 <= Date.now())
    throw uploadExpired();

  return deps.slots.take(userId, async () => {
    await joinParts(deps, media);
    try {
      const { body } = await finish(deps, media, await inspect(deps, media));
      return body;
    } catch (error) {
      if (isFinal(error)) await discard(deps, media);
      throw error;
    }
  });
};
