import { chatInfo, role } from '../models/chat.ts';
import { contact } from '../models/contact.ts';
import { mediaRef } from '../models/media.ts';
import { message } from '../models/message.ts';
import { status } from '../models/status.ts';
import { userSummary } from '../models/user.ts';
import { event, push } from '../operation.ts';
import {
  boolean,
  integer,
  list,
  natural,
  nullable,
  object,
  oneOf,
  optional,
  text,
  time,
  uuid,
} from '../schema.ts';
import { sendMessage } from './message-body.ts';
import { livePush, liveSocket } from './live.ts';
import { receiptsPush, receiptsSocket } from './receipts.ts';
import { syncEvents } from './sync.ts';

const activity = () => oneOf('active', 'background');

const authenticated = object({
  userId: uuid(),
  sessionId: uuid(),
  socketId: text(64),
  serverTime: time(),
  tokenExpiresAt: time(),
  heartbeatMs: natural(),
  epoch: uuid(),
  /** How much there may be of what a client composes; lengths in code points. */
  limits: object({
    content: natural(),
    caption: natural(),
    mentions: natural(),
    groupMembers: natural(),
    pins: natural(),
    openChats: natural(),
  }),
  /** The device's push token was refused: register a new one. */
  pushTokenNeeded: boolean(),
});

/** What a client sends; every event takes a callback, which gets an ack. */
export const chatSocket = {
  authenticate: event({
    summary: 'Authenticate a socket that came without a token, or renew the token of a live one',
    anyone: true,
    input: object({
      token: text(8_192, 1),
      deviceId: uuid(),
      protocol: integer(0, 1_000),
      client: optional(object({ platform: text(20), version: text(40) })),
      state: optional(activity()),
    }),
    output: authenticated,
  }),
  send_message: event({
    summary: 'Send a message: the same rules as over REST',
    limit: 'sendMessage',
    input: sendMessage,
    output: object({ message, replayed: boolean() }),
  }),
  ...liveSocket,
  ...receiptsSocket,
  ...syncEvents,
};

const reasons = [
  'token_expired',
  'session_revoked',
  'replaced',
  'rate_limited',
  'server_draining',
  'authentication_timeout',
  'identity_mismatch',
  'protocol_error',
] as const;

const change = { chatId: uuid(), changeSeq: natural(), at: time() };

/** What the server sends; durable events carry the chat's contiguous `changeSeq`. */
export const chatPush = {
  authenticated: push('The socket is authenticated', authenticated),
  auth_expiring: push('The token ends soon: renew it', object({ expiresAt: time() })),
  closing: push(
    'The server is about to close this socket',
    object({ reason: oneOf(...reasons), reconnect: boolean(), retryAfterMs: optional(natural()) }),
  ),
  resync_required: push(
    'Events may have been lost: sync',
    object({ chatIds: optional(list(uuid())) }),
  ),
  user_updated: push(
    'Someone whom I know, or myself on another device, changed their profile',
    object({ user: userSummary }),
  ),
  session_added: push(
    'The account was signed in on one more device',
    object({
      sessionId: uuid(),
      platform: text(16),
      model: nullable(text(100)),
      createdAt: time(),
    }),
  ),
  chat_changed: push(
    'Something changed that this event may not show: sync the chat',
    object({ chatId: uuid(), changeSeq: natural() }),
  ),
  message_received: push(
    'A new message',
    object({
      message,
      chat: object({ id: uuid(), lastSeq: natural(), changeSeq: natural() }),
    }),
  ),
  message_updated: push('A message was edited', object({ ...change, message })),
  message_deleted: push('A message is a tombstone now', object({ ...change, message })),
  reaction_updated: push(
    'Somebody reacted to a message, or took that back',
    object({
      ...change,
      messageId: uuid(),
      userId: uuid(),
      /** Their reaction now. */
      emoji: nullable(text(16)),
      reactions: list(object({ emoji: text(16), count: natural() })),
    }),
  ),
  message_pinned: push(
    'A message was pinned or unpinned',
    object({ ...change, messageId: uuid(), pinned: boolean() }),
  ),
  chat_updated: push(
    'What is the same for every member changed',
    object({ ...change, chat: chatInfo }),
  ),
  members_updated: push(
    'Members came, left or changed role',
    object({
      ...change,
      added: list(uuid()),
      removed: list(uuid()),
      roles: list(object({ userId: uuid(), role: role() })),
      memberEpoch: natural(),
      memberCount: natural(),
    }),
  ),
  chat_added: push('You are in a chat that is new to you: sync', object({ chatId: uuid() })),
  chat_removed: push(
    'You are no longer in a chat',
    object({
      chatId: uuid(),
      changeSeq: natural(),
      leftSeq: natural(),
      reason: oneOf('left', 'removed', 'dissolved'),
    }),
  ),
  status_added: push('Somebody whose audience you are in posted a status', object({ status })),
  status_removed: push('A status was taken back', object({ statusId: uuid(), userId: uuid() })),
  status_viewed: push(
    'Somebody saw a status of yours, or your other device saw one',
    object({ statusId: uuid(), viewerId: uuid(), viewedAt: time() }),
  ),
  ...livePush,
  ...receiptsPush,
  media_ready: push(
    'A media of mine was processed: it is ready, or failed',
    object({ media: mediaRef }),
  ),
  contact_joined: push('Somebody of my address book has an account now', object({ contact })),
  my_state_updated: push(
    'Something private to you changed on another device: sync',
    object({ userVer: natural(), chatId: optional(uuid()) }),
  ),
};
export type ClosingReason = (typeof reasons)[number];
