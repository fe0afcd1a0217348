import { mediaUrl, ownReadyPicture } from '@taar/domain/media';
import type { ChatTx } from '../core/change-chat.ts';

/** Sets the picture of a group to one that `userId` uploaded, or to none. Returns its URL. */
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
