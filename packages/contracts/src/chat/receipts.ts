import { userSummary } from '../models/user.ts';
import { event, operation, push } from '../operation.ts';
import {
  array,
  atLeastOneKey,
  list,
  natural,
  nullable,
  object,
  optional,
  text,
  time,
  uuid,
} from '../schema.ts';
import { cursor, limit } from './query.ts';

const readUpTo = {
  chatId: uuid(),
  upToSeq: optional(natural()),
  messageId: optional(uuid()),
};
const read = object({
  lastReadSeq: natural(),
  unreadCount: natural(),
  totalUnread: natural(),
});
const seen = object({ user: userSummary, at: time() });

export const receiptsRest = {
  markRead: operation({
    method: 'post',
    path: '/chats/:chatId/read',
    summary: 'I have read the chat up to here: the event message_read over REST',
    auth: 'user',
    limit: 'write',
    input: object(readUpTo),
    output: read,
    errors: ['chat_not_found', 'message_not_found'],
  }),
  listReceipts: operation({
    method: 'get',
    path: '/chats/:chatId/messages/:messageId/receipts',
    summary: 'Who has got and who has read a message of mine, and when; while I am in the chat',
    auth: 'user',
    limit: 'read',
    input: object({ chatId: uuid(), messageId: uuid(), cursor: cursor(), limit: limit() }),
    output: object({
      delivered: list(seen),
      read: list(seen),
      pending: list(userSummary),
      nextCursor: nullable(text(1_024)),
    }),
    errors: ['chat_not_found', 'not_a_member', 'message_not_found', 'forbidden'],
  }),
};

export const receiptsSocket = {
  message_received: event({
    summary: 'This device has everything of the chat up to here',
    limit: 'receipts',
    input: atLeastOneKey(
      object({
        chatId: optional(uuid()),
        upToSeq: optional(natural()),
        items: optional(array(object({ chatId: uuid(), upToSeq: natural() }), 1, 1_000)),
      }),
    ),
    output: object({}),
  }),
  message_read: event({
    summary: 'I have read the chat up to here; only ever forward',
    limit: 'receipts',
    input: object(readUpTo),
    output: read,
  }),
};

export const receiptsPush = {
  message_read: push(
    'A member, or my other device, got or read the chat up to here',
    object({
      chatId: uuid(),
      userId: uuid(),
      /** 0 where the reader does not share what they have read. */
      upToSeq: natural(),
      deliveredUpToSeq: natural(),
      at: time(),
      /** For my own devices. */
      unreadCount: optional(natural()),
    }),
  ),
  receipt_summary: push(
    'How far everyone in a large group is',
    object({ chatId: uuid(), deliveredToAllUpToSeq: natural(), readByAllUpToSeq: natural() }),
  ),
};
