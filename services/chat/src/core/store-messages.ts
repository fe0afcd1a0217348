import type { ChatDb } from '@taar/db';
import type { Commit, PublishCommits } from './commit.ts';
import type { Draft } from './draft.ts';
import { type Stored, insertMessages } from './insert-messages.ts';
import { toNewMessage } from './new-message.ts';

type Needs = { db: ChatDb; publishCommits: PublishCommits; wakePushWorker: () => void };

/** Stores a batch of sends, then publishes its messages to all nodes and wakes the push worker. */
export const createStoreMessages =
  ({ db, publishCommits, wakePushWorker }: Needs) =>
  async (drafts: Draft[]): Promise<Stored[]> => {
    const stored = await insertMessages(db, drafts);
    publishCommits(toCommits(drafts, stored));
    wakePushWorker();
    return stored;
  };

/** The messages that one batch created, as one commit for each chat. */
export const toCommits = (drafts: Draft[], stored: Stored[]): Commit[] => {
  const commits = new Map<string, Commit>();
  drafts.forEach((draft, i) => {
    const row = stored[i]!;
    if (row.outcome !== 'created') return;
    const { chatId } = draft;
    const commit = commits.get(chatId) ?? { chatId, memberEpoch: row.memberEpoch, changes: [] };
    commit.changes.push(toChange(draft, row));
    commits.set(chatId, commit);
  });
  return [...commits.values()];
};

const toChange = (draft: Draft, stored: Stored): Commit['changes'][number] => {
  const { seq, changeSeq, visibleTo } = stored;
  const message = toNewMessage(draft, stored);
  const chat = { id: draft.chatId, lastSeq: seq, changeSeq };
  return {
    changeSeq,
    event: 'message_received',
    payload: { message, chat },
    seq,
    own: {
      userId: draft.senderId,
      payload: { message: { ...message, clientMessageId: draft.clientMessageId }, chat },
    },
    ...(visibleTo !== null && { onlyFor: visibleTo }),
    ...(draft.fromSocket !== null && { exceptSocket: draft.fromSocket }),
  };
};
