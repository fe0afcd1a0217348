import type { Media } from '@taar/db';
import type { Deps } from '../deps.ts';
import { prefixOf } from '../storage/keys.ts';

/** Removes a failed upload. If that fails, the upload's `media_collect` job removes it later. */
export const discardUpload = async (
  { db, storage, logger }: Pick<Deps, 'db' | 'storage' | 'logger'>,
  { id }: Pick<Media, 'id'>,
) => {
  try {
    await db.media.deleteMany({ where: { id, state: 'pending' } });
    // A row that is left was accepted, although its commit reported an error: its files stay.
    if (await db.media.findUnique({ where: { id }, select: { id: true } })) return;
    await storage.remove(prefixOf(id));
  } catch (error) {
    logger.warn('A failed upload could not be removed; a job removes it later.', {
      mediaId: id,
      error,
    });
  }
};
