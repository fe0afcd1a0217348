import type { ChatSettings, Role } from '@taar/contracts';
import type { ChatDb } from '@taar/db';
import { invalidField } from '@taar/kit/edge';
import { AppError } from '@taar/kit/errors';

/** The standing of a member or former member in a chat. */
export type Member = {
  role: Role;
  isGroup: boolean;
  settings: ChatSettings;
  /** Last message that a former member may read; null for an active member. */
  leftSeq: number | null;
  closed: boolean;
};

const defaultSettings = {
  whoCanSend: 'all',
  whoCanEditInfo: 'admins',
  whoCanAddMembers: 'admins',
  disappearingSeconds: null,
} as const;

/** Completes stored settings, which hold only the values that were changed. */
export const withDefaults = (settings: unknown): ChatSettings => ({
  ...defaultSettings,
  ...(settings as Partial<ChatSettings>),
});

export const isAdmin = ({ role }: { role: Role }) => role !== 'member';

/** Outsiders get the same answer whether or not the chat exists, so ids cannot be probed. */
export const chatNotFound = () => new AppError('chat_not_found', 'No such chat.');

/** The caller must be or have been a member of the chat. */
export const assertReader = async (
  db: Pick<ChatDb, 'chatMember'>,
  chatId: string,
  userId: string,
): Promise<Member> => {
  const member = await db.chatMember.findUnique({
    where: { chatId_userId: { chatId, userId } },
    include: { chat: { select: { isGroup: true, settings: true, closedAt: true } } },
  });
  if (!member) throw chatNotFound();
  return {
    role: member.role as Role,
    isGroup: member.chat.isGroup,
    settings: withDefaults(member.chat.settings),
    leftSeq: member.leftAt ? Number(member.leftSeq ?? 0) : null,
    closed: member.chat.closedAt !== null,
  };
};

/** The caller must be an active member of a chat that is not closed. */
export const assertMember = async (
  db: Pick<ChatDb, 'chatMember'>,
  chatId: string,
  userId: string,
) => {
  const member = await assertReader(db, chatId, userId);
  if (member.leftSeq !== null || member.closed)
    throw new AppError('not_a_member', 'You are no longer a member of this chat.');
  return member;
};

/** As `assertMember`, and keeps membership and role unchanged until the transaction ends. */
export const lockMember = async (
  tx: Pick<ChatDb, 'chatMember' | '$queryRaw'>,
  chatId: string,
  userId: string,
): Promise<Member> => {
  await tx.$queryRaw`
    SELECT 1
    FROM chat_members
    WHERE chat_id = ${chatId}::uuid
      AND user_id = ${userId}::uuid
    FOR NO KEY UPDATE`;
  return assertMember(tx, chatId, userId);
};

export const assertRole = (member: Member, who: 'all' | 'admins') => {
  if (who === 'admins' && !isAdmin(member))
    throw new AppError('forbidden_role', 'Only admins of this group can do this.');
};

/** For operations that a direct chat does not have. */
export const assertGroup = ({ isGroup }: Member) => {
  if (!isGroup) throw invalidField('chatId', 'chat.direct');
};

/** The member that an operation acts on. */
export const memberOrThrow = async (
  db: Pick<ChatDb, 'chatMember'>,
  chatId: string,
  userId: string,
): Promise<{ userId: string; role: Role }> => {
  const member = await db.chatMember.findUnique({ where: { chatId_userId: { chatId, userId } } });
  if (!member || member.leftAt)
    throw new AppError('member_not_found', 'This user is not a member of the group.');
  return { userId, role: member.role as Role };
};

/** The owner may remove every member, an admin only members who are not admins. */
export const assertMayRemove = (remover: Member, member: { role: Role }) => {
  assertRole(remover, 'admins');
  if (remover.role !== 'owner' && isAdmin(member))
    throw new AppError('forbidden_role', 'Only the owner can remove admins.');
};

/** Throws the reason why the caller may not send, if there is one. */
export const assertMaySend = async (
  db: Pick<ChatDb, 'chatMember' | 'block'>,
  chatId: string,
  userId: string,
) => {
  const member = await assertMember(db, chatId, userId);
  assertRole(member, member.settings.whoCanSend);
  if (member.isGroup) return;
  const peer = await db.chatMember.findFirst({ where: { chatId, userId: { not: userId } } });
  const block =
    peer &&
    (await db.block.findUnique({
      where: { blockerId_blockedId: { blockerId: userId, blockedId: peer.userId } },
    }));
  if (block) throw unblockFirst();
};

export const unblockFirst = () => new AppError('forbidden', 'Unblock this user first.');
