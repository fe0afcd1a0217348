import type { Input, Message, chatRest } from '@taar/contracts';
import { Prisma } from '@taar/db';
import type { Actor } from '@taar/kit/auth';
import { AppError } from '@taar/kit/errors';
import { assertRole } from '../core/access.ts';
import {
  type MessageChange,
  changeMessage,
  isHiddenByBlock,
  readTarget,
} from '../core/change-message.ts';
import { type MessageRow, toMessage } from '../core/to-message.ts';
import { notifyMentioned } from '../core/push-jobs.ts';
import { touchMessage } from '../core/touch-message.ts';
import type { Deps } from '../deps.ts';
import { assertContent } from './assert-shape.ts';

/** Edits a message for everyone who sees it. The caller must be its sender. */
export const editMessage = (
  deps: Pick<Deps, 'db' | 'publishCommits' | 'windows'>,
  actor: Actor,
  input: Input<typeof chatRest.editMessage>,
): Promise<Message> =>
  changeMessage(deps, actor, input, async (change) => {
    const { target } = change;
    const { userId } = actor;
    await assertMayEdit(change, userId, deps.windows.editMs);
    assertContent(target.messageType, input.content);
    const edit = await toEdit(change, input);
    if (isRepetition(target, edit)) return toMessage(target, userId);
    const read = () => readTarget(change.tx, userId, input);
    await touchMessage(change, target, {
      write: () => storeEdit(change, edit),
      set: Prisma.sql`
        content = ${edit.content},
        edited_at = ${change.chat.at},
        metadata = jsonb_set(metadata, '{mentions}', ${JSON.stringify(edit.mentions)}::jsonb)`,
      event: 'message_updated',
      toPayload: async () => ({ message: toMessage(await read(), null) }),
    });
    return toMessage(await read(), userId);
  });

const assertMayEdit = async (change: MessageChange, userId: string, windowMs: number) => {
  const { tx, chat, member, target } = change;
  if (target.senderId !== userId)
    throw new AppError('forbidden', 'Only the sender of a message can edit it.');
  if (target.forwardCount > 0)
    throw new AppError('forbidden', 'Forwarded messages cannot be edited.');
  assertRole(member, member.settings.whoCanSend);
  // The blocked sender gets the same answer as a late one, and so does not learn of the block.
  const hidden = await isHiddenByBlock(tx, userId, change);
  if (hidden || chat.at.getTime() - target.createdAt.getTime() > windowMs)
    throw new AppError('edit_window_closed', 'It is too late to edit this message.');
};

type Edit = { content: string | null; mentions: string[] };

/** The message's new text and mentions. A mentioned user who is not a member is left out. */
const toEdit = async (
  { tx, target }: MessageChange,
  input: Input<typeof chatRest.editMessage>,
): Promise<Edit> => {
  const content = input.content || null;
  if (!input.mentions) return { content, mentions: mentionsOf(target) };
  const members = await tx.chatMember.findMany({
    where: { chatId: target.chatId, userId: { in: input.mentions }, leftAt: null },
    select: { userId: true },
  });
  const ids = new Set(members.map(({ userId }) => userId));
  return { content, mentions: input.mentions.filter((id) => ids.has(id)) };
};

const mentionsOf = ({ metadata }: MessageRow) => metadata.mentions ?? [];

/** A retry of an edit must not store one more version. */
const isRepetition = (target: MessageRow, { content, mentions }: Edit) =>
  content === target.content && mentions.join() === mentionsOf(target).join();

/** Keeps the text before the edit for reports, and replaces the rows of the mentions. */
const storeEdit = async ({ tx, chat, target }: MessageChange, { mentions }: Edit) => {
  const messageId = target.id;
  await tx.$executeRaw`
    INSERT INTO message_edits (message_id, version, content, edited_at)
    SELECT ${messageId}::uuid, coalesce(max(version), 0) + 1, ${target.content}, ${chat.at}
    FROM message_edits
    WHERE message_id = ${messageId}::uuid`;
  await tx.messageMention.deleteMany({ where: { messageId } });
  if (target.visibleTo !== null) return;
  const { chatId, seq, senderId } = target;
  const mentioned = mentions.filter((userId) => userId !== senderId);
  await tx.messageMention.createMany({
    data: mentioned.map((userId) => ({ messageId, userId, chatId, seq })),
  });
  const added = mentions.filter((userId) => !mentionsOf(target).includes(userId));
  if (added.length > 0) await notifyMentioned(tx, chatId, messageId, added);
};
