import { receiptSummary } from '../models/chat.ts';
import { userSummary } from '../models/user.ts';
import { clientEvent, operation, serverEvent } from '../operation.ts';
import { maxDeliveredChats } from '../protocol.ts';
import { array, atLeastOneKey, list, natural, object, optional, time, uuid } from '../schema.ts';
import { nextCursor, paging } from '../paging.ts';

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
const deliveredUpTo = atLeastOneKey(
  object({
    chatId: optional(uuid()),
    upToSeq: optional(natural()),
    items: optional(array(object({ chatId: uuid(), upToSeq: natural() }), 1, maxDeliveredChats)),
  }),
);
const seen = object({ user: userSummary, at: time() });

export const receiptsRest = {
  markDelivered: operation({
    method: 'post',
    path: '/chats/delivered',
    summary:
      'Move the delivered watermark of this device forward: the event `message_received` over REST',
    auth: 'user',
    limit: 'receipts',
    input: deliveredUpTo,
    output: object({}),
  }),
  markRead: operation({
    method: 'post',
    path: '/chats/:chatId/read',
    summary: 'Move the read watermark of the caller forward: the event `message_read` over REST',
    auth: 'user',
    limit: 'write',
    input: object(readUpTo),
    output: read,
    errors: ['chat_not_found', 'message_not_found'],
  }),
  listReceipts: operation({
    method: 'get',
    path: '/chats/:chatId/messages/:messageId/receipts',
    summary: 'List who received and who read a message of the caller, and when; for members only',
    auth: 'user',
    limit: 'read',
    input: object({ chatId: uuid(), messageId: uuid(), ...paging }),
    output: object({
      delivered: list(seen),
      read: list(seen),
      pending: list(userSummary),
      nextCursor: nextCursor(),
    }),
    errors: ['chat_not_found', 'not_a_member', 'message_not_found', 'forbidden'],
  }),
};

export const receiptsClientEvents = {
  message_received: clientEvent({
    summary: 'Move the delivered watermark of this device forward, for one chat or several',
    limit: 'receipts',
    input: deliveredUpTo,
    output: object({}),
  }),
  message_read: clientEvent({
    summary: 'Move the read watermark of the caller forward; it never moves back',
    limit: 'receipts',
    input: object(readUpTo),
    output: read,
  }),
};

export const receiptsServerEvents = {
  message_read: serverEvent({
    summary: 'A watermark of a member, or of the caller on another device, moved forward',
    payload: object({
      chatId: uuid(),
      userId: uuid(),
      /** Read up to; 0 where the reader does not share read receipts. */
      upToSeq: natural(),
      deliveredUpToSeq: natural(),
      at: time(),
      /** Present only for the reader's own devices. */
      unreadCount: optional(natural()),
    }),
  }),
  receipt_summary: serverEvent({
    summary: 'How far all members of a large group have received and read it',
    payload: object({ chatId: uuid(), ...receiptSummary }),
  }),
};
