import type { Report } from '@taar/domain/erasure/erase-rows';
import type { Erasure } from '@taar/domain/erasure/erasure-jobs';
import type { Deps } from '../deps.ts';
import { emptyMessages } from './empty-messages.ts';
import { leaveGroups } from './leave-groups.ts';
import { takeBackReactions } from './take-back-reactions.ts';

/** What of a person's leaving changes chats for others, and so is told to them. */
export const eraseFromChats =
  (deps: Pick<Deps, 'db' | 'publishCommits'>) =>
  async (userId: string, { deleteMessages }: Erasure): Promise<Report> => {
    const report = {
      'messages.sender_id': await emptyMessages(deps, userId, { deleteMessages }),
      'message_reactions.user_id': await takeBackReactions(deps, userId),
      'chat_members.user_id': await leaveGroups(deps, userId),
    };
    return Object.fromEntries(Object.entries(report).filter(([, count]) => count > 0));
  };
