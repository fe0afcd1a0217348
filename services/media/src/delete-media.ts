import type { Input, mediaRest } from '@taar/contracts';
import { enqueue } from '@taar/runtime/outbox/enqueue';
import { collectMediaTopic, mediaUrl } from '@taar/domain/media';
import { publishProfile } from '@taar/domain/profile';
import { topics } from '@taar/runtime/topics';
import type { Actor } from '@taar/kit/auth';
import { AppError } from '@taar/kit/errors';
import type { Deps } from './deps.ts';

/** Deletes a media of the caller and its files. A profile that showed it loses its picture. */
export const deleteMedia = async (
  { db, worker, publish }: Pick<Deps, 'db' | 'worker' | 'publish'>,
  { userId }: Actor,
  { mediaId }: Input<typeof mediaRest.deleteMedia>,
): Promise<void> => {
  const wasAvatar = await db.$transaction(async (tx) => {
    const media = await tx.media.findUnique({ where: { id: mediaId } });
    if (media?.ownerId !== userId)
      throw new AppError('media_not_found', 'You have no media with this id.');
    const { count } = await tx.media.updateMany({
      where: { id: mediaId, deletedAt: null },
      data: { state: 'deleted', deletedAt: new Date() },
    });
    if (count === 0) return false;
    await enqueue(tx, { topic: collectMediaTopic, key: mediaId });
    await enqueue(tx, { topic: topics.dropPicture, key: mediaId });
    await tx.mediaLink.deleteMany({ where: { mediaId, kind: { not: 'group_avatar' } } });
    const cleared = await tx.user.updateMany({
      where: { id: userId, avatarUrl: mediaUrl(mediaId) },
      data: { avatarUrl: null, updatedAt: new Date() },
    });
    return cleared.count > 0;
  });
  worker.wake();
  if (wasAvatar) await publishProfile(db, publish, userId, ['avatar']);
};
