import type { UploadTarget } from '@taar/contracts';
import type { Media } from '@taar/db';
import { AppError } from '@taar/kit/errors';
import type { Deps } from '../deps.ts';

type Needs = Pick<Deps, 'db' | 'storage' | 'config'>;

const urlsLastMs = 60 * 60 * 1_000;
const smallestPart = 8 * 1024 * 1024;
const maxParts = 1_000;

export const uploadExpired = () => new AppError('upload_expired', 'Start the upload again.');

/** Equal parts but for the last, few enough to be listed in one answer. */
export const partsOf = (sizeBytes: number) => {
  const partBytes = Math.max(smallestPart, Math.ceil(sizeBytes / maxParts));
  const count = Math.ceil(sizeBytes / partBytes);
  const sizes = Array.from({ length: count }, (_, index) => ({
    partNumber: index + 1,
    sizeBytes: Math.min(partBytes, sizeBytes - index * partBytes),
  }));
  return { partBytes, sizes };
};

export const isInParts = ({ config }: Pick<Deps, 'config'>, { sizeBytes }: Media) =>
  Number(sizeBytes) > config.UPLOAD_PARTS_ABOVE_BYTES;

const begin = async ({ db, storage }: Needs, { id, bucketKey, mimeType, fileName }: Media) => {
  const uploadId = await storage.begin(bucketKey, { mimeType, fileName });
  await db.media.updateMany({ where: { id, uploadId: null }, data: { uploadId } });
  const media = await db.media.findUnique({ where: { id } });
  if (!media?.uploadId) throw uploadExpired();
  return media.uploadId;
};

const inParts = async (deps: Needs, media: Media, expiresAt: Date): Promise<UploadTarget> => {
  const { storage } = deps;
  const uploadId = media.uploadId ?? (await begin(deps, media));
  const stored = await storage.listParts(media.bucketKey, uploadId);
  const { partBytes, sizes } = partsOf(Number(media.sizeBytes));
  // The parts are gone once they were joined, and an upload that was given up is gone altogether.
  if (!stored && (await storage.sizeOf(media.bucketKey)) === null) throw uploadExpired();
  const hasArrived = (wanted: { partNumber: number; sizeBytes: number }) =>
    !stored ||
    stored.some(
      (part) => part.partNumber === wanted.partNumber && part.sizeBytes === wanted.sizeBytes,
    );
  const missing = sizes.filter((part) => !hasArrived(part));
  const sign = async ({ partNumber, sizeBytes }: (typeof sizes)[number]) => ({
    partNumber,
    url: await storage.signWrite.part(media.bucketKey, uploadId, partNumber, sizeBytes, expiresAt),
  });
  return {
    method: 'PUT',
    headers: {},
    partBytes,
    parts: await Promise.all(missing.map(sign)),
    arrived: sizes.filter(hasArrived),
    expiresAt: expiresAt.toISOString(),
  };
};

const inOne = async ({ storage }: Needs, media: Media, expiresAt: Date): Promise<UploadTarget> => {
  const sizeBytes = await storage.sizeOf(media.bucketKey);
  if (sizeBytes !== null)
    return {
      method: 'PUT',
      headers: {},
      arrived: [{ partNumber: 1, sizeBytes }],
      expiresAt: expiresAt.toISOString(),
    };
  const { bucketKey, sizeBytes: announced } = media;
  const signed = await storage.signWrite.put(bucketKey, media, Number(announced), expiresAt);
  return { method: 'PUT', ...signed, expiresAt: expiresAt.toISOString() };
};

/** Where the bytes of a pending upload go that are not there yet. */
export const targetOf = (deps: Needs, media: Media): Promise<UploadTarget> => {
  const lastsUntil = media.createdAt.getTime() + deps.config.ORPHAN_HOURS * 3_600_000;
  if (lastsUntil <= Date.now()) throw uploadExpired();
  const expiresAt = new Date(Math.min(Date.now() + urlsLastMs, lastsUntil));
  return (isInParts(deps, media) ? inParts : inOne)(deps, media, expiresAt);
};
