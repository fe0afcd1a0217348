import type { Input, chatRest } from '@taar/contracts';
import type { Actor } from '@taar/kit/auth';
import { AppError } from '@taar/kit/errors';
import { type LockedChat, changeChat } from '../core/change-chat.ts';
import type { Deps } from '../deps.ts';
import { type Member, assertMember, isAdmin } from '../core/access.ts';
import { readTarget } from '../core/change-message.ts';
import { changeMyState } from './change-my-state.ts';
import type { MessageRow } from '../core/message-rows.ts';
import { tombstoneMessages } from '../core/tombstone-messages.ts';

type Target = Input<typeof chatRest.deleteMessage>;

const deleteForMe = (deps: Pick<Deps, 'db' | 'publish'>, actor: Actor, target: Target) => {
  const { chatId, messageId } = target;
  const { userId } = actor;
  return changeMyState(deps, actor, target, async (tx) => {
    const key = { userId_messageId: { userId, messageId } };
    const hidden = await tx.messageHidden.findUnique({ where: key });
    if (hidden?.chatId === chatId) return null;
    const { seq } = await readTarget(tx, userId, target);
    return (userVer) =>
      tx.messageHidden.create({ data: { userId, messageId, chatId, seq, userVer } });
  });
};

const assertMayDelete = (
  userId: string,
  windowMs: number,
  { member, chat, target }: { member: Member; chat: LockedChat; target: MessageRow },
) => {
  if (target.message_type === 'system')
    throw new AppError('forbidden', 'What the system says stays.');
  if (member.isGroup && isAdmin(member)) return;
  if (target.sender_id !== userId)
    throw member.isGroup
      ? new AppError('forbidden_role', "Only admins delete other people's messages.")
      : new AppError('forbidden', 'Only its sender deletes a message for everyone.');
  if (chat.at.getTime() - target.created_at.getTime() > windowMs)
    throw new AppError('delete_window_closed', 'It is too late to delete this for everyone.');
};

const deleteForEveryone = (
  deps: Pick<Deps, 'db' | 'publishCommits' | 'windows'>,
  { userId }: Actor,
  place: Target,
) =>
  changeChat(deps, place.chatId, async (change) => {
    const member = await assertMember(change.tx, place.chatId, userId);
    const target = await readTarget(change.tx, userId, place);
    if (target.gone) return;
    assertMayDelete(userId, deps.windows.deleteMs, { member, chat: change.chat, target });
    await tombstoneMessages(change, [target], userId);
  });

export const deleteMessage = (
  deps: Pick<Deps, 'db' | 'publishCommits' | 'publish' | 'windows'>,
  actor: Actor,
  input: Target,
): Promise<void> =>
  input.scope === 'everyone'
    ? deleteForEveryone(deps, actor, input)
    : deleteForMe(deps, actor, input);
