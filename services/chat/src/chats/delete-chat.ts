import type { Input, chatRest } from '@taar/contracts';
import type { Actor } from '@taar/kit/auth';
import { AppError } from '@taar/kit/errors';
import type { Deps } from '../deps.ts';
import { assertReader } from '../core/access.ts';
import { endMembership } from '../core/membership.ts';
import { changeChat } from '../core/change-chat.ts';
import { dissolve } from './dissolve.ts';
import { clearMyView } from './my-view.ts';

type DepsOfDelete = Pick<Deps, 'db' | 'publishCommits' | 'publish'>;

/** A repetition changes nothing. */
export const deleteChat = (
  deps: DepsOfDelete,
  { userId }: Actor,
  { chatId, scope = 'me' }: Input<typeof chatRest.deleteChat>,
): Promise<void> =>
  scope === 'all' ? deleteForAll(deps, userId, chatId) : deleteForMe(deps, userId, chatId);

/** Hides the chat and its messages from the caller, who leaves a group by that. */
const deleteForMe = async (deps: DepsOfDelete, userId: string, chatId: string) => {
  const { exit, userVer } = await changeChat(deps, chatId, async (change) => {
    const { role, isGroup, leftSeq } = await assertReader(change.tx, chatId, userId);
    const isLeaving = isGroup && leftSeq === null;
    const left = isLeaving ? await endMembership(change, { userId, role }, null) : null;
    return { exit: left, userVer: await clearMyView(change.tx, change.chat, userId) };
  });
  if (exit) deps.publish('chat_removed', { users: [userId] }, { chatId, ...exit, reason: 'left' });
  deps.publish('my_state_updated', { users: [userId] }, { userVer, chatId });
};

const deleteForAll = async (deps: DepsOfDelete, userId: string, chatId: string) => {
  const gone = await changeChat(deps, chatId, async (change) => {
    const { role, isGroup, leftSeq, closed } = await assertReader(change.tx, chatId, userId);
    if (!isGroup)
      throw new AppError('forbidden', 'A direct chat can be deleted for yourself only.');
    if (closed && role === 'owner') return null;
    if (leftSeq !== null)
      throw new AppError('not_a_member', 'You are no longer a member of this chat.');
    if (role !== 'owner')
      throw new AppError('forbidden_role', 'Only the owner can delete the group for all members.');
    const dissolved = await dissolve(change, userId);
    await clearMyView(change.tx, change.chat, userId);
    return dissolved;
  });
  if (!gone) return;
  const { members, ...exit } = gone;
  deps.publish('chat_removed', { users: members }, { chatId, ...exit, reason: 'dissolved' });
};
