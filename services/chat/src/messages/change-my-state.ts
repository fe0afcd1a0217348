import { bumpUserVersion } from '@taar/domain/user-version';
import type { Actor } from '@taar/kit/auth';
import { lockMember } from '../core/access.ts';
import type { ChatTx } from '../core/change-chat.ts';
import type { MessageKey } from '../core/change-message.ts';
import type { Deps } from '../deps.ts';

/** Writes private rows of a member under the version by which their devices find them. */
type Write = (userVer: number) => Promise<unknown>;

/**
 * Changes the private state of one message for one member: star, hidden. `decide` reads under the
 * locks and returns how to write, or null for no change. Only the member's devices get an event.
 */
export const changeMyState = async (
  { db, publish }: Pick<Deps, 'db' | 'publish'>,
  { userId }: Actor,
  { chatId, messageId }: MessageKey,
  decide: (tx: ChatTx) => Promise<Write | null>,
): Promise<void> => {
  const userVer = await db.$transaction(async (tx) => {
    // The message before the membership: changes of the chat lock them in this order too.
    await tx.$queryRaw`
      SELECT 1
      FROM messages
      WHERE id = ${messageId}::uuid
        AND chat_id = ${chatId}::uuid
      FOR SHARE`;
    await lockMember(tx, chatId, userId);
    const write = await decide(tx);
    if (!write) return null;
    const version = await bumpUserVersion(tx, userId);
    await tx.chatMember.update({
      where: { chatId_userId: { chatId, userId } },
      data: { userVer: version },
    });
    await write(version);
    return version;
  });
  if (userVer !== null) publish('my_state_updated', { users: [userId] }, { userVer, chatId });
};
