import { bumpUserVersion } from '@taar/domain/user-version';
import type { Actor } from '@taar/kit/auth';
import type { ChatTx } from '../chats/change-chat.ts';
import type { Deps } from '../deps.ts';
import { assertMember } from '../members/access.ts';

/** Writes what is private to a member, under the version that their devices will ask for. */
type Write = (userVer: number) => Promise<unknown>;

/**
 * Changes what a member keeps of a chat for themselves: `decide` looks and answers how to write,
 * or null where nothing is to change. Only the member's own devices are told.
 */
export const changeMyState = async (
  { db, notify }: Pick<Deps, 'db' | 'notify'>,
  { userId }: Actor,
  chatId: string,
  decide: (tx: ChatTx) => Promise<Write | null>,
): Promise<void> => {
  const userVer = await db.$transaction(async (tx) => {
    await assertMember(tx, chatId, userId);
    await tx.$queryRaw`SELECT 1 FROM chat_members
      WHERE chat_id = ${chatId}::uuid AND user_id = ${userId}::uuid FOR NO KEY UPDATE`;
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
