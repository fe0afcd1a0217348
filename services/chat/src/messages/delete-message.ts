import type { Input, chatRest } from '@taar/contracts';
import type { Actor } from '@taar/kit/auth';
import { AppError } from '@taar/kit/errors';
import { type Member, assertMember, isAdmin } from '../core/access.ts';
import { type ChangeDeps, type LockedChat, changeChat } from '../core/change-chat.ts';
import { readTarget } from '../core/change-message.ts';
import type { MessageRow } from '../core/to-message.ts';
import { tombstoneMessages } from '../core/tombstone-messages.ts';
import type { Deps } from '../deps.ts';
import { changeMyState } from './change-my-state.ts';

type Body = Input<typeof chatRest.deleteMessage>;

/** Deletes a message for everyone, or hides it from the caller. Repeating it changes nothing. */
export const deleteMessage = (
  deps: Pick<Deps, 'db' | 'publishCommits' | 'publish' | 'windows'>,
  actor: Actor,
  body: Body,
): Promise<void> =>
  body.scope === 'everyone'
    ? deleteForEveryone(deps, actor, body, deps.windows.deleteMs)
    : deleteForMe(deps, actor, body);

const deleteForEveryone = (deps: ChangeDeps, { userId }: Actor, body: Body, windowMs: number) =>
  changeChat(deps, body.chatId, async (change) => {
    const member = await assertMember(change.tx, body.chatId, userId);
    const target = await readTarget(change.tx, userId, body);
    if (target.gone) return;
    assertMayDelete(userId, windowMs, { member, chat: change.chat, target });
    await tombstoneMessages(change, [target], userId);
  });

const assertMayDelete = (
  userId: string,
  windowMs: number,
  { member, chat, target }: { member: Member; chat: LockedChat; target: MessageRow },
) => {
  if (target.messageType === 'system')
    throw new AppError('forbidden', 'System messages cannot be deleted.');
  if (member.isGroup && isAdmin(member)) return;
  if (target.senderId !== userId)
    throw member.isGroup
      ? new AppError('forbidden_role', 'Only admins can delete messages of other members.')
      : new AppError('forbidden', 'Only the sender of a message can delete it for everyone.');
  if (chat.at.getTime() - target.createdAt.getTime() > windowMs)
    throw new AppError('delete_window_closed', 'It is too late to delete this for everyone.');
};

const deleteForMe = (deps: Pick<Deps, 'db' | 'publish'>, actor: Actor, body: Body) => {
  const { chatId, messageId } = body;
  const { userId } = actor;
  return changeMyState(deps, actor, body, async (tx) => {
    const key = { userId_messageId: { userId, messageId } };
    const hidden = await tx.messageHidden.findUnique({ where: key });
    if (hidden?.chatId === chatId) return null;
    const { seq } = await readTarget(tx, userId, body);
    return (userVer) =>
      tx.messageHidden.create({ data: { userId, messageId, chatId, seq, userVer } });
  });
};
