import { bumpUserVersion } from '@taar/domain/user-version';
import type { Actor } from '@taar/kit/auth';
import type { ChatTx } from '../core/change-chat.ts';
import type { Deps } from '../deps.ts';
import type { Place } from '../core/change-message.ts';
import { lockMember } from '../core/access.ts';

/** Writes what is private to a member, under the version that their devices will ask for. */
type Write = (userVer: number) => Promise<unknown>;

/**
 * Changes what a member keeps of a message for themselves: `decide` looks and answers how to write,
 * or null where nothing is to change. Neither the message nor the membership changes meanwhile.
 * Only the member's own devices are told.
 */
export const changeMyState = async (
  { db, notify }: Pick<Deps, 'db' | 'notify'>,
  { userId }: Actor,
  { chatId, messageId }: Place,
  decide: (tx: ChatTx) => Promise<Write | null>,
): Promise<void> => {
  const userVer = await db.$transaction(async (tx) => {
    // Before the membership, as changes of the chat lock them too.
    await tx.$queryRaw`SELECT 1 FROM messages
      WHERE id = ${messageId}::uuid AND chat_id = ${chatId}::uuid FOR SHARE`;
    await lockMember(tx, chatId, userId);
    const write = await decide(tx);
    if (!write) return null;
    const ver = await bumpUserVersion(tx, userId);
    await tx.chatMember.update({
      where: { chatId_userId: { chatId, userId } },
      data: { userVer: ver },
    });
    await write(ver);
    return ver;
  });
  if (userVer !== null) notify('my_state_updated', { users: [userId] }, { userVer, chatId });
};
