import { type Chat, type Input, type chatRest, sizes } from '@taar/contracts';
import type { Actor } from '@taar/kit/auth';
import { AppError } from '@taar/kit/errors';
import { type ChatTx, changeChat } from '../core/change-chat.ts';
import { readChat } from '../core/read-chats.ts';
import type { Deps } from '../deps.ts';
import { hashOfToken } from './invite-link.ts';
import { admitMembers } from '../core/membership.ts';

type Invite = { over: boolean; isMember: boolean; wasRemoved: boolean; blocked: boolean };

const inviteNotFound = () => new AppError('invite_not_found', 'No such link.');

// Removed by an admin: not by a link that was there before. Blocked by who made the link: not at all.
const readInvite = async (tx: ChatTx, hash: Buffer, userId: string) => {
  const [invite] = await tx.$queryRaw<Invite[]>`
    SELECT i.revoked_at IS NOT NULL OR coalesce(i.expires_at <= clock_timestamp(), false)
        OR coalesce(i.uses >= i.max_uses, false) AS over,
      me.user_id IS NOT NULL AND me.left_at IS NULL AS "isMember",
      coalesce(me.removed_by IS NOT NULL AND i.created_at <= me.left_at, false) AS "wasRemoved",
      EXISTS (SELECT FROM blocks b
        WHERE b.blocker_id = i.created_by AND b.blocked_id = ${userId}::uuid) AS blocked
    FROM chat_invites i LEFT JOIN chat_members me ON me.chat_id = i.chat_id AND me.user_id = ${userId}::uuid
    WHERE i.token_hash = ${hash}`;
  if (!invite) throw inviteNotFound();
  return invite;
};

/** Joins the group of a link. Doing so twice is the same as once and spends one use. */
export const joinByInvite = async (
  deps: Pick<Deps, 'db' | 'publishCommits' | 'publish'>,
  { userId }: Actor,
  { token }: Input<typeof chatRest.joinByInvite>,
): Promise<Chat> => {
  const tokenHash = hashOfToken(token);
  const found = await deps.db.chatInvite.findUnique({ where: { tokenHash } });
  if (!found) throw inviteNotFound();
  const { chatId } = found;
  const joined = await changeChat(deps, chatId, async (change) => {
    const { tx, chat } = change;
    const invite = await readInvite(tx, tokenHash, userId);
    if (invite.isMember) return false;
    if (invite.blocked) throw inviteNotFound();
    if (invite.over || chat.closedAt) throw new AppError('gone', 'This link is no longer good.');
    if (invite.wasRemoved)
      throw new AppError('forbidden', 'An admin removed you: ask them for a new link.');
    if (chat.memberCount >= sizes.groupMembers)
      throw new AppError('group_full', 'The group is full.');
    await tx.chatInvite.update({ where: { tokenHash }, data: { uses: { increment: 1 } } });
    await change.postSystemMessage('member_joined_by_link', userId, [userId]);
    await admitMembers(change, [userId]);
    return true;
  });
  if (joined) deps.publish('chat_added', { users: [userId] }, { chatId });
  return readChat(deps.db, userId, chatId);
};
