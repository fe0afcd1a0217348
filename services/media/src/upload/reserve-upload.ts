import { randomUUID } from 'node:crypto';
import type { Media } from '@taar/db';
import { enqueue } from '@taar/runtime/outbox/enqueue';
import { collectMediaTopic } from '@taar/domain/media';
import { AppError } from '@taar/kit/errors';
import type { Deps } from '../deps.ts';
import { newKey } from '../storage/keys.ts';

type Tx = Parameters<Parameters<Deps['db']['$transaction']>[0]>[0];
type NewUpload = Pick<Media, 'ownerId' | 'purpose' | 'mimeType'> & {
  sizeBytes: number;
  fileName: string | null;
  sha256?: Uint8Array<ArrayBuffer>;
  width?: number | undefined;
  height?: number | undefined;
  durationMs?: number | undefined;
};

const retryAfterMs = 60 * 60 * 1_000;

/**
 * Inserts the row of an upload and a job that looks for it after `ORPHAN_HOURS`. Both exist before
 * the first byte is stored, so a crash leaves no object in the bucket that no row or job names.
 */
export const reserveUpload = async (
  { config }: Pick<Deps, 'config'>,
  tx: Tx,
  { sizeBytes, ...row }: NewUpload,
): Promise<Media> => {
  await assertQuota(config, tx, row.ownerId, sizeBytes);
  const id = randomUUID();
  const media = await tx.media.create({
    data: {
      ...row,
      id,
      bucketKey: newKey(id),
      sizeBytes: BigInt(sizeBytes),
      width: row.width ?? null,
      height: row.height ?? null,
      durationMs: row.durationMs ?? null,
    },
  });
  const afterSeconds = config.ORPHAN_HOURS * 3_600;
  await enqueue(tx, { topic: collectMediaTopic, key: id, afterSeconds });
  return media;
};

/** Serialises the uploads of one owner, so that concurrent ones cannot pass a quota together. */
export const lockUploadsOf = (tx: Tx, ownerId: string) =>
  tx.$queryRaw`SELECT pg_advisory_xact_lock(hashtextextended('media:' || ${ownerId}, 0))::text`;

/** An earlier upload of the same file for the same purpose, which a retry gets back. */
export const findSameUpload = (
  tx: Tx,
  { ownerId, purpose, fileName }: Pick<NewUpload, 'ownerId' | 'purpose' | 'fileName'>,
  sha256: Uint8Array<ArrayBuffer>,
  states: string[],
  withinHours: number,
) =>
  tx.media.findFirst({
    where: {
      ownerId,
      purpose,
      fileName,
      sha256,
      state: { in: states },
      deletedAt: null,
      createdAt: { gt: new Date(Date.now() - withinHours * 3_600_000) },
    },
  });

const assertQuota = async (
  { UPLOADS_PER_DAY, UPLOAD_BYTES_PER_DAY }: Deps['config'],
  tx: Tx,
  ownerId: string,
  sizeBytes: number,
) => {
  const [used] = await tx.$queryRaw<{ count: number; bytes: number }[]>`
    SELECT
      count(*)::int AS count,
      coalesce(sum(size_bytes), 0)::float8 AS bytes
    FROM media
    WHERE owner_id = ${ownerId}::uuid
      AND created_at > now() - interval '1 day'`;
  if (used!.count >= UPLOADS_PER_DAY)
    throw new AppError('rate_limited', 'You uploaded too many files in a day.', { retryAfterMs });
  if (used!.bytes + sizeBytes > UPLOAD_BYTES_PER_DAY)
    throw new AppError('rate_limited', 'You uploaded too many bytes in a day.', { retryAfterMs });
};
