import { chat, myChat, receiptSummary } from '../models/chat.ts';
import { message } from '../models/message.ts';
import { event, operation } from '../operation.ts';
import {
  type Infer,
  array,
  boolean,
  integer,
  list,
  named,
  natural,
  object,
  oneOf,
  optional,
  text,
  time,
  uniqueArray,
  uuid,
} from '../schema.ts';

/** What a client knows, chat by chat, those that it left too. Clients with more than 1,000 chats ask in pages, by id. */
export const syncRequest = object({
  protocol: integer(0, 1_000),
  /** From the last answer that left nothing to fetch: only which chats to look at depends on it. */
  since: optional(text(100)),
  /** Absent: a client that has nothing yet. */
  userVer: optional(natural()),
  chats: array(object({ id: uuid(), changeSeq: natural() }), 0, 1_000),
  /** Messages of one chat in one answer. */
  perChat: optional(integer(1, 200)),
  /** Messages in one answer. */
  budget: optional(integer(1, 1_000)),
  /** Receipts change no number of their chat: asked for where they are shown. */
  want: optional(object({ receipts: uniqueArray(uuid(), 0, 50) })),
});
export type SyncRequest = Infer<typeof syncRequest>;

const messageOfChat = object({ chatId: uuid(), messageId: uuid() });

/** What is private to the user and newer than the request's `userVer`; removals come first. */
const privateChanges = object({
  chats: list(object({ id: uuid(), my: myChat })),
  unstarred: list(uuid()),
  starred: list(messageOfChat),
  /** Deleted for me. */
  hidden: list(messageOfChat),
  unblocked: list(uuid()),
  blocked: list(uuid()),
});

const chatChanges = named(
  'ChatChanges',
  object({
    id: uuid(),
    changeSeq: natural(),
    lastSeq: natural(),
    chat,
    /** Each message that changed, once, as it is now; ascending by `changeSeq`. */
    changes: list(message),
    /** What the client stores, be it more than the last row's: not every change shows. */
    throughChangeSeq: natural(),
    hasMore: boolean(),
  }),
);
export type ChatChanges = Infer<typeof chatChanges>;

export const syncAnswer = named(
  'SyncAnswer',
  object({
    serverTime: time(),
    since: text(100),
    /** Another than before: the database was restored, and positions known so far mean nothing. */
    epoch: uuid(),
    userVer: natural(),
    my: privateChanges,
    chats: list(chatChanges),
    /** Chats that the request does not list: ask for their messages from 0 on. */
    newChats: list(chat),
    /**
     * Ended memberships; what may still be read is complete at `changeSeq`, which moves on only where
     * a message of it is deleted for everyone. A closed chat is cleared: `clearedBeforeSeq`.
     */
    removed: list(object({ id: uuid(), changeSeq: natural(), leftSeq: natural(), chat })),
    /** Of the chats that were asked for; not of those that I left. */
    receipts: optional(list(object({ id: uuid(), ...receiptSummary }))),
    hasMore: boolean(),
  }),
);
export type SyncAnswer = Infer<typeof syncAnswer>;

const summary = 'What this client missed, compacted: each changed message once, as it is now';

export const syncRest = {
  sync: operation({
    method: 'post',
    path: '/chats/sync',
    summary,
    auth: 'user',
    limit: 'sync',
    input: syncRequest,
    output: syncAnswer,
    errors: ['client_too_old'],
  }),
};

export const syncEvents = {
  sync: event({ summary, limit: 'sync', input: syncRequest, output: syncAnswer }),
  last_seen_update: event({
    summary:
      'Heartbeat; `digest` is 1,000,003 × `userVer` + the sum of `changeSeq` of my chats, left ones too: sync if yours differs, and without `since` if it then still does',
    limit: 'read',
    input: object({ state: oneOf('active', 'background') }),
    output: object({ serverTime: time(), digest: natural() }),
  }),
};
