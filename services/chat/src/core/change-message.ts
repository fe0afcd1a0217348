import type { ChatDb } from '@taar/db';
import { sees } from '@taar/domain/access';
import type { Actor } from '@taar/kit/auth';
import { AppError } from '@taar/kit/errors';
import { type ChatChange, type ChatTx, changeChat } from './change-chat.ts';
import type { Deps } from '../deps.ts';
import { type Member, assertMember } from './access.ts';
import { isCutOff } from './block.ts';
import { type MessageRow, messageNotFound, selectMyMessages } from './message-rows.ts';

export type Place = { chatId: string; messageId: string };
export type MessageChange = ChatChange & {
  member: Member;
  target: MessageRow;
  /** To whom a change of this message is told. */
  about: { seq: number; onlyFor?: string };
};

/** A message of a chat as this member sees it; the same answer for one that they may not see. */
export const readTarget = async (
  db: Pick<ChatDb, '$queryRaw'>,
  userId: string,
  { chatId, messageId }: Place,
): Promise<MessageRow> => {
  const [row] = await db.$queryRaw<MessageRow[]>`${selectMyMessages}
    WHERE m.id = ${messageId}::uuid AND m.chat_id = ${chatId}::uuid
      AND me.user_id = ${userId}::uuid AND ${sees()}`;
  if (!row) throw messageNotFound();
  return row;
};

/** Something that somebody wrote, and that is still there. */
export const assertWritten = (target: MessageRow) => {
  if (target.message_type === 'system')
    throw new AppError('forbidden', 'This is not a message that somebody wrote.');
  if (target.gone) throw new AppError('gone', 'The message was deleted.');
};

export const aboutOf = ({ seq, visible_to }: Pick<MessageRow, 'seq' | 'visible_to'>) => ({
  seq: Number(seq),
  ...(visible_to !== null && { onlyFor: visible_to }),
});

/** Changes a message that somebody wrote, for everyone who sees it, under the lock of its chat. */
export const changeMessage = <T>(
  deps: Pick<Deps, 'db' | 'publish'>,
  { userId }: Actor,
  place: Place,
  work: (change: MessageChange) => Promise<T>,
): Promise<T> =>
  changeChat(deps, place.chatId, async (change) => {
    const member = await assertMember(change.tx, place.chatId, userId);
    const target = await readTarget(change.tx, userId, place);
    assertWritten(target);
    return work({ ...change, member, target, about: aboutOf(target) });
  });

/**
 * Whether a block keeps a change of this message from the other side of a direct chat. What the
 * block swallowed is its sender's alone, to change as they like.
 */
export const isUnheard = async (
  tx: ChatTx,
  userId: string,
  { target, chat }: Pick<MessageChange, 'target' | 'chat'>,
): Promise<boolean> => (await isCutOff(tx, userId, chat)) && target.visible_to === null;
