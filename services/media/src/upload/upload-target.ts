import type { UploadTarget } from '@taar/contracts';
import type { Media } from '@taar/db';
import { AppError } from '@taar/kit/errors';
import type { Deps } from '../deps.ts';

type Needs = Pick<Deps, 'db' | 'storage' | 'config'>;
type Part = { partNumber: number; sizeBytes: number };

const urlLifetimeMs = 60 * 60 * 1_000;
const minPartBytes = 8 * 1024 * 1024;
const maxParts = 1_000;

/** Where the client sends the bytes of a pending upload that have not arrived. */
export const uploadTargetOf = (deps: Needs, media: Media): Promise<UploadTarget> => {
  assertNotExpired(deps, media);
  const expiresAt = new Date(Math.min(Date.now() + urlLifetimeMs, expiryOf(deps, media)));
  const inParts = Number(media.sizeBytes) > deps.config.UPLOAD_PARTS_ABOVE_BYTES;
  return (inParts ? targetInParts : targetInOne)(deps, media, expiresAt);
};

export const assertNotExpired = (deps: Pick<Deps, 'config'>, media: Media) => {
  if (expiryOf(deps, media) <= Date.now()) throw uploadExpired();
};

/** Equal parts but for the last, and few enough that one answer lists all of them. */
export const partsOf = (sizeBytes: number) => {
  const partBytes = Math.max(minPartBytes, Math.ceil(sizeBytes / maxParts));
  const count = Math.ceil(sizeBytes / partBytes);
  const parts = Array.from({ length: count }, (_, index) => ({
    partNumber: index + 1,
    sizeBytes: Math.min(partBytes, sizeBytes - index * partBytes),
  }));
  return { partBytes, parts };
};

const expiryOf = ({ config }: Pick<Deps, 'config'>, { createdAt }: Media) =>
  createdAt.getTime() + config.ORPHAN_HOURS * 3_600_000;

const uploadExpired = () => new AppError('upload_expired', 'Start the upload again.');

const targetInOne = async (
  { storage }: Needs,
  media: Media,
  expiresAt: Date,
): Promise<UploadTarget> => {
  const storedBytes = await storage.sizeOf(media.bucketKey);
  if (storedBytes !== null)
    return {
      method: 'PUT',
      headers: {},
      arrived: [{ partNumber: 1, sizeBytes: storedBytes }],
      expiresAt: expiresAt.toISOString(),
    };
  const { bucketKey, sizeBytes } = media;
  const signed = await storage.signWrite.put(bucketKey, media, Number(sizeBytes), expiresAt);
  return { method: 'PUT', ...signed, expiresAt: expiresAt.toISOString() };
};

const targetInParts = async (deps: Needs, media: Media, expiresAt: Date): Promise<UploadTarget> => {
  const { storage } = deps;
  const { bucketKey } = media;
  const uploadId = media.uploadId ?? (await beginMultipart(deps, media));
  const stored = await storage.listParts(bucketKey, uploadId);
  // Without a list, the parts were joined to an object, or the multipart upload was aborted.
  if (!stored && (await storage.sizeOf(bucketKey)) === null) throw uploadExpired();
  const hasArrived = ({ partNumber, sizeBytes }: Part) =>
    !stored ||
    stored.some((part) => part.partNumber === partNumber && part.sizeBytes === sizeBytes);
  const { partBytes, parts } = partsOf(Number(media.sizeBytes));
  const sign = async ({ partNumber, sizeBytes }: Part) => ({
    partNumber,
    url: await storage.signWrite.part(bucketKey, uploadId, partNumber, sizeBytes, expiresAt),
  });
  return {
    method: 'PUT',
    headers: {},
    partBytes,
    parts: await Promise.all(parts.filter((part) => !hasArrived(part)).map(sign)),
    arrived: parts.filter(hasArrived),
    expiresAt: expiresAt.toISOString(),
  };
};

/** Of two concurrent calls, the id that was stored first is the one that both return. */
const beginMultipart = async (
  { db, storage }: Needs,
  { id, bucketKey, mimeType, fileName }: Media,
) => {
  const uploadId = await storage.begin(bucketKey, { mimeType, fileName });
  await db.media.updateMany({ where: { id, uploadId: null }, data: { uploadId } });
  const media = await db.media.findUnique({ where: { id } });
  if (!media?.uploadId) throw uploadExpired();
  return media.uploadId;
};
