import { createHash } from 'node:crypto';
import { assertGroup, assertRole, lockMember } from '../core/access.ts';
import type { ChatTx } from '../core/change-chat.ts';

/** The database stores only the hash: the token itself admits its holder to the group. */
export const hashOfToken = (token: string) => createHash('sha256').update(token).digest();

/** Members who may add members may also manage invite links. */
export const assertMayInvite = async (tx: ChatTx, chatId: string, userId: string) => {
  const member = await lockMember(tx, chatId, userId);
  assertGroup(member);
  assertRole(member, member.settings.whoCanAddMembers);
};
