import { mediaUrl } from '@taar/domain/media';
import type { Deps } from '../deps.ts';
import { changeChat } from '../core/change-chat.ts';
import { toChatInfo } from '../core/to-chat.ts';

/** Works the job of a deleted picture: removes it from the groups that show it. */
export const dropPicture = async (deps: Pick<Deps, 'db' | 'publishCommits'>, mediaId: string) => {
  const uses = { mediaId, kind: 'group_avatar' };
  for (const { refId } of await deps.db.mediaLink.findMany({ where: uses }))
    await changeChat(deps, refId, async (change) => {
      const { tx, chat } = change;
      await tx.mediaLink.deleteMany({ where: { ...uses, refId } });
      if (chat.avatarUrl !== mediaUrl(mediaId)) return;
      chat.avatarUrl = null;
      change.emit(change.nextChangeSeq(), 'chat_updated', { chat: toChatInfo(chat) });
    });
};
