import type { ChatSettings, Role } from '@taar/contracts';
import type { ChatDb } from '@taar/db';
import { invalidField } from '@taar/kit/edge';
import { AppError } from '@taar/kit/errors';

export type Member = {
  role: Role;
  isGroup: boolean;
  settings: ChatSettings;
  leftSeq: number | null;
  closed: boolean;
};

const everyone = {
  whoCanSend: 'all',
  whoCanEditInfo: 'admins',
  whoCanAddMembers: 'admins',
  disappearingSeconds: null,
} as const;
/** Stored settings hold only what was changed. */
export const withDefaults = (settings: unknown): ChatSettings => ({
  ...everyone,
  ...(settings as Partial<ChatSettings>),
});

export const isAdmin = ({ role }: { role: Role }) => role !== 'member';

/** Outsiders get the same answer whether or not the chat exists, so ids cannot be probed. */
export const chatNotFound = () => new AppError('chat_not_found', 'No such chat.');

/** A member's or former member's standing; anybody else is told that there is no such chat. */
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

/** An active member of a chat that is open. */
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

/** The same for the rest of a transaction: nobody takes them out or changes their role meanwhile. */
export const lockMember = async (
  tx: Pick<ChatDb, 'chatMember' | '$queryRaw'>,
  chatId: string,
  userId: string,
): Promise<Member> => {
  await tx.$queryRaw`SELECT 1 FROM chat_members
    WHERE chat_id = ${chatId}::uuid AND user_id = ${userId}::uuid FOR NO KEY UPDATE`;
  return assertMember(tx, chatId, userId);
};

export const assertRole = (member: Member, who: 'all' | 'admins') => {
  if (who === 'admins' && !isAdmin(member))
    throw new AppError('forbidden_role', 'Only admins of this group may do this.');
};

/** What has no meaning in a chat of two. */
export const assertGroup = ({ isGroup }: Member) => {
  if (!isGroup) throw invalidField('chatId', 'chat.direct');
};

/** An active member, as someone to act on. */
export const memberOrThrow = async (
  db: Pick<ChatDb, 'chatMember'>,
  chatId: string,
  userId: string,
): Promise<{ userId: string; role: Role }> => {
  const member = await db.chatMember.findUnique({ where: { chatId_userId: { chatId, userId } } });
  if (!member || member.leftAt)
    throw new AppError('member_not_found', 'They are not in this group.');
  return { userId, role: member.role as Role };
};

/** The owner removes anyone, admins remove those who are not admins. */
export const assertMayRemove = (remover: Member, leaver: { role: Role }) => {
  assertRole(remover, 'admins');
  if (remover.role !== 'owner' && isAdmin(leaver))
    throw new AppError('forbidden_role', 'Only the owner removes admins.');
};

/** Says why a send was refused; returns where nothing stands in its way any more. */
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
  if (block) throw new AppError('forbidden', 'Unblock this person first.');
};
