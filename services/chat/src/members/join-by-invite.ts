import { type Chat, type Input, type chatRest, sizes } from '@taar/contracts';
import type { Actor } from '@taar/kit/auth';
import { AppError } from '@taar/kit/errors';
import { type ChatTx, changeChat } from '../core/change-chat.ts';
import { readChat } from '../core/read-chats.ts';
import type { Deps } from '../deps.ts';
import { hashOfToken } from './invite-link.ts';
import { admitMembers } from '../core/membership.ts';

type Invite = { isOver: boolean; isMember: boolean; wasRemoved: boolean; isBlocked: boolean };

const inviteNotFound = () => new AppError('invite_not_found', 'There is no such invite link.');

/** Adds the caller to the group of a link. A repetition changes nothing and spends no use. */
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
    if (invite.isBlocked) throw inviteNotFound();
    if (invite.isOver || chat.closedAt)
      throw new AppError('gone', 'This invite link is no longer valid.');
    if (invite.wasRemoved)
      throw new AppError('forbidden', 'An admin removed you from the group. Ask for a new link.');
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

/**
 * A member whom an admin removed needs a link made since then. A user whom the creator of the link
 * blocked cannot use it.
 */
const readInvite = async (tx: ChatTx, hash: Buffer, userId: string) => {
  const [invite] = await tx.$queryRaw<Invite[]>`
    SELECT
      invite.revoked_at IS NOT NULL
        OR coalesce(invite.expires_at <= clock_timestamp(), false)
        OR coalesce(invite.uses >= invite.max_uses, false) AS "isOver",
      member.user_id IS NOT NULL AND member.left_at IS NULL AS "isMember",
      coalesce(
        member.removed_by IS NOT NULL AND invite.created_at <= member.left_at,
        false
      ) AS "wasRemoved",
      EXISTS (
        SELECT FROM blocks block
        WHERE block.blocker_id = invite.created_by
          AND block.blocked_id = ${userId}::uuid
      ) AS "isBlocked"
    FROM chat_invites invite
    LEFT JOIN chat_members member ON member.chat_id = invite.chat_id
      AND member.user_id = ${userId}::uuid
    WHERE invite.token_hash = ${hash}`;
  if (!invite) throw inviteNotFound();
  return invite;
};
