import type { Media } from '@taar/db';
import { enqueue } from '@taar/runtime/outbox/enqueue';
import { toMediaRef } from '@taar/domain/media';
import { AppError } from '@taar/kit/errors';
import type { Deps } from '../deps.ts';
import { processMediaTopic } from '../processing/topics.ts';
import { prefixOf } from '../storage/keys.ts';
import { findSameUpload, lockUploadsOf } from './reserve-upload.ts';

type CheckedFile = Pick<Media, 'purpose' | 'fileName' | 'mimeType'> & {
  sizeBytes: number;
  sha256: Uint8Array<ArrayBuffer>;
};

/** Accepts an upload that arrived and was checked; enqueues the job that processes it. */
export const finishUpload = async (
  { db, worker, storage, config }: Pick<Deps, 'db' | 'worker' | 'storage' | 'config'>,
  { id, ownerId }: Pick<Media, 'id' | 'ownerId'>,
  { purpose, fileName, mimeType, sizeBytes, sha256 }: CheckedFile,
) => {
  const { media, replayed } = await db.$transaction(async (tx) => {
    await lockUploadsOf(tx, ownerId);
    const file = { ownerId, purpose, fileName };
    const states = ['processing', 'ready'];
    const same = await findSameUpload(tx, file, sha256, states, config.ORPHAN_HOURS);
    if (same && same.id !== id) {
      await tx.media.deleteMany({ where: { id, state: 'pending' } });
      return { media: same, replayed: true };
    }
    const { count } = await tx.media.updateMany({
      where: { id, state: 'pending' },
      data: {
        purpose,
        mimeType,
        sizeBytes: BigInt(sizeBytes),
        sha256,
        state: 'processing',
        uploadId: null,
      },
    });
    if (count > 0) await enqueue(tx, { topic: processMediaTopic, key: id });
    return { media: await tx.media.findUnique({ where: { id } }), replayed: false };
  });
  if (!media) throw new AppError('media_not_found', 'The upload was removed while it was checked.');
  if (replayed) await storage.remove(prefixOf(id));
  else worker.wake();
  return {
    outcome: replayed ? ('replayed' as const) : ('created' as const),
    body: { media: toMediaRef(media) },
  };
};
