import { mediaUrl, ownReadyPicture } from '@taar/domain/media';
import type { ChatTx } from '../core/change-chat.ts';

/** Uses a picture of `userId` as the group's, or none, and says where it is found. */
export const setPicture = async (
  tx: ChatTx,
  chatId: string,
  userId: string,
  mediaId: string | null,
): Promise<string | null> => {
  if (mediaId) await ownReadyPicture(tx, userId, mediaId);
  await tx.mediaLink.deleteMany({ where: { kind: 'group_avatar', refId: chatId } });
  if (!mediaId) return null;
  await tx.mediaLink.create({ data: { mediaId, kind: 'group_avatar', refId: chatId, chatId } });
  return mediaUrl(mediaId);
};
