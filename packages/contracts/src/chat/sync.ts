import { chat, myChat, receiptSummary } from '../models/chat.ts';
import { message } from '../models/message.ts';
import { digestWeight, syncSizes } from '../protocol.ts';
import { clientEvent, operation } from '../operation.ts';
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

/**
 * The client's position in each chat, including chats the user left. A client with more chats than
 * one request may list asks in pages, in the order of the ids.
 */
export const syncRequest = object({
  protocol: integer(0, 1_000),
  /** From the last answer with `hasMore: false`. The server reads only chats that changed since. */
  since: optional(text(100)),
  /** Absent on the first sync of a client without data. */
  userVer: optional(natural()),
  chats: array(object({ id: uuid(), changeSeq: natural() }), 0, syncSizes.chats),
  /** The most messages of one chat in the answer. */
  perChat: optional(integer(1, syncSizes.messagesPerChat)),
  /** The most messages in the answer. */
  budget: optional(integer(1, syncSizes.messages)),
  /**
   * The most bytes of JSON in the answer, which has at least one change however long; by default
   * 65,536. A client on a slow link asks for little at first, and for more where answers are fast.
   */
  maxBytes: optional(integer(syncSizes.leastBytes, syncSizes.bytes)),
  /** Receipts do not change the `changeSeq` of a chat: a client asks for those it shows. */
  want: optional(object({ receipts: uniqueArray(uuid(), 0, 50) })),
});
export type SyncRequest = Infer<typeof syncRequest>;

const messageOfChat = object({ chatId: uuid(), messageId: uuid() });

/** The user's private state newer than the request's `userVer`. A client applies removals first. */
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
    /** Each changed message once, in its current state; ascending by `changeSeq`. */
    changes: list(message),
    /** The client stores this as its position. It can exceed the last change shown. */
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
    /** Changes when the database is restored from a backup: all positions are void then. */
    epoch: uuid(),
    userVer: natural(),
    my: privateChanges,
    chats: list(chatChanges),
    /** Chats that the request does not list: the client asks for their changes from 0 on. */
    newChats: list(chat),
    /**
     * Ended memberships. `changeSeq` covers all that the former member may still read, and grows
     * only when such a message is deleted for everyone. A dissolved chat is cleared, which
     * `clearedBeforeSeq` states.
     */
    removed: list(object({ id: uuid(), changeSeq: natural(), leftSeq: natural(), chat })),
    /** Of the requested chats that the user is a member of. */
    receipts: optional(list(object({ id: uuid(), ...receiptSummary }))),
    hasMore: boolean(),
  }),
);
export type SyncAnswer = Infer<typeof syncAnswer>;

const summary =
  'Get the changes this client missed: each changed message once, in its current state';

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

export const syncClientEvents = {
  sync: clientEvent({
    summary,
    limit: 'sync',
    compressible: true,
    input: syncRequest,
    output: syncAnswer,
  }),
  last_seen_update: clientEvent({
    summary:
      `Heartbeat. \`digest\` is ${digestWeight} × \`userVer\` + the sum of \`changeSeq\` of all ` +
      'chats of the caller, including those they left. A client whose own digest differs syncs, ' +
      'and syncs without `since` if the digests still differ afterwards',
    limit: 'read',
    input: object({ state: oneOf('active', 'background') }),
    output: object({ serverTime: time(), digest: natural() }),
  }),
};
