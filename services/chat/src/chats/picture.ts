import { mediaUrl } from '@taar/domain/media';
import { AppError } from '@taar/kit/errors';
import type { ChatTx } from '../core/change-chat.ts';

const assertPicture = async (tx: ChatTx, userId: string, mediaId: string) => {
  const media = await tx.media.findUnique({ where: { id: mediaId } });
  const isPicture = media?.mimeType.startsWith('image/') && !media.deletedAt;
  if (!media || media.ownerId !== userId || !isPicture)
    throw new AppError('media_not_found', 'No such picture of yours.');
  if (media.state !== 'ready')
    throw new AppError('media_not_ready', 'The picture is not ready yet.', { retryAfterMs: 1_000 });
};

/** Uses a picture of `userId` as the group's, or none, and says where it is found. */
export const setPicture = async (
  tx: ChatTx,
  chatId: string,
  userId: string,
  mediaId: string | null,
): Promise<string | null> => {
  if (mediaId) await assertPicture(tx, userId, mediaId);
  await tx.mediaLink.deleteMany({ where: { kind: 'group_avatar', refId: chatId } });
  if (!mediaId) return null;
  await tx.mediaLink.create({ data: { mediaId, kind: 'group_avatar', refId: chatId, chatId } });
  return mediaUrl(mediaId);
};
