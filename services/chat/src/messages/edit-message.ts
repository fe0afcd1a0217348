import type { Input, Message, chatRest } from '@taar/contracts';
import type { Actor } from '@taar/kit/auth';
import { AppError } from '@taar/kit/errors';
import type { ChatTx } from '../core/change-chat.ts';
import type { Deps } from '../deps.ts';
import { assertRole } from '../core/access.ts';
import { notifyMentioned } from '../core/push-jobs.ts';
import {
  type MessageChange,
  changeMessage,
  isUnheard,
  readTarget,
} from '../core/change-message.ts';
import { keepForLeavers } from '../core/snapshot-for-former-members.ts';
import { toMessage } from '../core/message-rows.ts';
import { assertContent } from './shape.ts';

const activeAmong = async (tx: ChatTx, chatId: string, userIds: string[]) => {
  const members = await tx.chatMember.findMany({
    where: { chatId, userId: { in: userIds }, leftAt: null },
    select: { userId: true },
  });
  const active = new Set(members.map(({ userId }) => userId));
  return userIds.filter((id) => active.has(id));
};

const tooLate = () => new AppError('edit_window_closed', 'It is too late to edit this message.');

const assertMayEdit = async (userId: string, windowMs: number, change: MessageChange) => {
  const { tx, chat, member, target } = change;
  if (target.sender_id !== userId)
    throw new AppError('forbidden', 'Only its sender may edit a message.');
  if (target.forward_count > 0)
    throw new AppError('forbidden', 'What was forwarded stays as it was said.');
  assertRole(member, member.settings.whoCanSend);
  const unheard = await isUnheard(tx, userId, change);
  // Over a block an edit would reach who does not want to hear; the blocked one is not told why.
  if (unheard || chat.at.getTime() - target.created_at.getTime() > windowMs) throw tooLate();
};

type Edit = { content: string | null; mentions: string[] };

const store = async (
  { tx, chat, target, next }: MessageChange,
  { content, mentions }: Edit,
): Promise<void> => {
  await keepForLeavers({ tx, chat }, [target.id]);
  await tx.$executeRaw`
    INSERT INTO message_edits (message_id, version, content, edited_at)
    SELECT ${target.id}::uuid, coalesce(max(version), 0) + 1, ${target.content}, ${chat.at}
    FROM message_edits WHERE message_id = ${target.id}::uuid`;
  await tx.$executeRaw`
    UPDATE messages SET content = ${content}, change_seq = ${next()}, edited_at = ${chat.at},
      updated_at = ${chat.at},
      metadata = jsonb_set(metadata, '{mentions}', ${JSON.stringify(mentions)}::jsonb)
    WHERE id = ${target.id}::uuid`;
  await tx.messageMention.deleteMany({ where: { messageId: target.id } });
  if (target.visible_to !== null) return;
  await tx.messageMention.createMany({
    data: mentions
      .filter((userId) => userId !== target.sender_id)
      .map((userId) => ({
        messageId: target.id,
        userId,
        chatId: target.chat_id,
        seq: target.seq,
      })),
  });
};

export const editMessage = (
  deps: Pick<Deps, 'db' | 'publish' | 'windows'>,
  actor: Actor,
  input: Input<typeof chatRest.editMessage>,
): Promise<Message> =>
  changeMessage(deps, actor, input, async (change) => {
    const { tx, target, tell, about } = change;
    await assertMayEdit(actor.userId, deps.windows.editMs, change);
    assertContent(target.message_type, input.content);
    const before = target.metadata.mentions ?? [];
    const content = input.content || null;
    const mentions = input.mentions
      ? await activeAmong(tx, target.chat_id, input.mentions)
      : before;
    // A retry of an edit that was made is not one more version.
    if (content === target.content && mentions.join() === before.join())
      return toMessage(target, actor.userId);
    await store(change, { content, mentions });
    const news = mentions.filter((id) => !before.includes(id));
    if (news.length > 0 && target.visible_to === null)
      await notifyMentioned(tx, target.chat_id, target.id, news);
    const edited = await readTarget(tx, actor.userId, input);
    tell('message_updated', { message: toMessage(edited, null) }, about);
    return toMessage(edited, actor.userId);
  });
