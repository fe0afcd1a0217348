import { randomUUID } from 'node:crypto';
import type { Media } from '@taar/db';
import { enqueue } from '@taar/runtime/jobs';
import { collectMediaTopic } from '@taar/domain/media';
import { AppError } from '@taar/kit/errors';
import type { Deps } from '../deps.ts';

type Tx = Parameters<Parameters<Deps['db']['$transaction']>[0]>[0];
type New = Pick<Media, 'ownerId' | 'purpose' | 'mimeType'> & {
  sizeBytes: number;
  fileName: string | null;
  sha256?: Uint8Array<ArrayBuffer>;
  width?: number | undefined;
  height?: number | undefined;
  durationMs?: number | undefined;
};

const retryAfterMs = 60 * 60 * 1_000;

/** One at a time for each owner, so that nobody gets past a quota or a repetition by being quick. */
export const lockUploadsOf = (tx: Tx, ownerId: string) =>
  tx.$queryRaw`SELECT pg_advisory_xact_lock(hashtextextended('media:' || ${ownerId}, 0))::text`;

/** The same file for the same purpose, sent before: a retry gets it back rather than a second one. */
export const findSame = (
  tx: Tx,
  { ownerId, purpose, fileName }: Pick<New, 'ownerId' | 'purpose' | 'fileName'>,
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

const assertQuota = async ({ config }: Pick<Deps, 'config'>, tx: Tx, row: New) => {
  const [used] = await tx.$queryRaw<{ count: number; bytes: number }[]>`
    SELECT count(*)::int AS count, coalesce(sum(size_bytes), 0)::float8 AS bytes FROM media
    WHERE owner_id = ${row.ownerId}::uuid AND created_at > now() - interval '1 day'`;
  if (used!.count >= config.UPLOADS_PER_DAY)
    throw new AppError('rate_limited', 'Enough uploads for today.', { retryAfterMs });
  if (used!.bytes + row.sizeBytes > config.UPLOAD_BYTES_PER_DAY)
    throw new AppError('rate_limited', 'Enough bytes for today.', { retryAfterMs });
};

/**
 * The row of an upload comes before its bytes, and with it the job that looks in a day whether
 * anything came of it: whatever dies on the way, nothing is stored that no row or job knows.
 */
export const reserve = async (
  deps: Pick<Deps, 'config'>,
  tx: Tx,
  { sizeBytes, ...row }: New,
): Promise<Media> => {
  await assertQuota(deps, tx, { sizeBytes, ...row });
  const id = randomUUID();
  const bucketKey = `m/${id}/${randomUUID()}`;
  const media = await tx.media.create({
    data: {
      ...row,
      id,
      bucketKey,
      sizeBytes: BigInt(sizeBytes),
      width: row.width ?? null,
      height: row.height ?? null,
      durationMs: row.durationMs ?? null,
    },
  });
  const afterSeconds = deps.config.ORPHAN_HOURS * 3_600;
  await enqueue(tx, { topic: collectMediaTopic, key: id, afterSeconds });
  return media;
};
