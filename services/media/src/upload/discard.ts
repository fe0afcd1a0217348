import type { Media } from '@taar/db';
import type { Deps } from '../deps.ts';
import { prefixOf } from '../processing/topics.ts';

/** Nothing is left of an upload that failed; what cannot be removed now, its job removes later. */
export const discard = async (
  { db, storage, logger }: Pick<Deps, 'db' | 'storage' | 'logger'>,
  { id }: Pick<Media, 'id'>,
) => {
  try {
    await db.media.deleteMany({ where: { id, state: 'pending' } });
    // It may have been accepted in spite of what we heard: then its bytes are to stay.
    if (await db.media.findUnique({ where: { id }, select: { id: true } })) return;
    await storage.remove(prefixOf(id));
  } catch (error) {
    logger.warn('an upload is cleaned up later', { mediaId: id, error });
  }
};
