import type { Media } from '@taar/db';
import { AppError } from '@taar/kit/errors';
import type { Deps } from '../deps.ts';

/** An upload of `ownerId` that goes to the storage directly. */
export const findOwnUploadOrThrow = async (
  { db }: Pick<Deps, 'db'>,
  ownerId: string,
  id: string,
): Promise<Media> => {
  const media = await db.media.findUnique({ where: { id } });
  const isForm = media?.state === 'pending' && media.sha256 === null;
  if (!media || media.ownerId !== ownerId || isForm)
    throw new AppError('media_not_found', 'You have no upload with this id.');
  if (media.deletedAt) throw new AppError('gone', 'The media was deleted.');
  return media;
};
