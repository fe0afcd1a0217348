import type { Report } from '@taar/domain/erasure/erase-rows';
import type { Erasure } from '@taar/domain/erasure/erasure-jobs';
import type { ChangeDeps } from '../core/change-chat.ts';
import { emptyMessages } from './empty-messages.ts';
import { leaveGroups } from './leave-groups.ts';
import { takeBackReactions } from './take-back-reactions.ts';

/** Erases from chats what other members see of a deleted account, and emits the changes to them. */
export const eraseFromChats =
  (deps: ChangeDeps) =>
  async (userId: string, { deleteMessages }: Erasure): Promise<Report> => {
    const report = {
      'messages.sender_id': await emptyMessages(deps, userId, { deleteMessages }),
      'message_reactions.user_id': await takeBackReactions(deps, userId),
      'chat_members.user_id': await leaveGroups(deps, userId),
    };
    return Object.fromEntries(Object.entries(report).filter(([, count]) => count > 0));
  };
