import type { Commit } from './commit.ts';
import { toNewMessage } from './draft.ts';
import type { Draft, Stored } from './insert-messages.ts';

/** What the sends of one batch changed, chat by chat. */
export const toCommits = (drafts: Draft[], stored: Stored[]): Commit[] => {
  const commits = new Map<string, Commit>();
  drafts.forEach((draft, i) => {
    const row = stored[i]!;
    if (row.outcome !== 'created') return;
    const message = toNewMessage(draft, row);
    const chat = { id: draft.chatId, lastSeq: row.seq, changeSeq: row.changeSeq };
    const known = commits.get(draft.chatId);
    const commit = known ?? { chatId: draft.chatId, memberEpoch: row.memberEpoch, changes: [] };
    commit.changes.push({
      changeSeq: row.changeSeq,
      event: 'message_received',
      payload: { message, chat },
      seq: row.seq,
      own: {
        userId: draft.senderId,
        payload: { message: { ...message, clientMessageId: draft.clientMessageId }, chat },
      },
      ...(row.visibleTo !== null && { onlyFor: row.visibleTo }),
      ...(draft.fromSocket !== null && { exceptSocket: draft.fromSocket }),
    });
    commits.set(draft.chatId, commit);
  });
  return [...commits.values()];
};
