import { chat } from '../models/chat.ts';
import { message } from '../models/message.ts';
import { operation } from '../operation.ts';
import {
  atMostOneKeyOf,
  boolean,
  list,
  natural,
  nullable,
  object,
  oneOf,
  optional,
  queryBoolean,
  queryInteger,
  text,
  uniqueArray,
  uuid,
  visibleText,
} from '../schema.ts';
import { sendMessage } from './message-body.ts';

const cursor = () => optional(text(1_024, 1));
const limit = () => optional(queryInteger(1, 100));
const position = () => optional(queryInteger(0, 1e15));

export const chatRest = {
  listChats: operation({
    method: 'get',
    path: '/chats',
    summary: 'My chats: pinned first, then the latest',
    auth: 'user',
    limit: 'read',
    input: object({
      cursor: cursor(),
      limit: limit(),
      archived: optional(queryBoolean()),
      filter: optional(oneOf('all', 'unread', 'groups', 'direct')),
    }),
    output: object({
      items: list(chat),
      nextCursor: nullable(text(1_024)),
      totals: optional(object({ unreadChats: natural(), unreadMessages: natural() })),
    }),
  }),
  createChat: operation({
    method: 'post',
    path: '/chats',
    summary: 'Open the direct chat with somebody, or create a group',
    auth: 'user',
    limit: 'createChat',
    idempotencyKey: true,
    input: object({
      isGroup: boolean(),
      memberIds: uniqueArray(uuid(), 1, 1_023),
      name: optional(visibleText(100)),
      description: optional(text(2_048)),
    }),
    output: chat,
    outcomes: {
      created: { status: 201 },
      existing: { status: 200 },
      replayed: { status: 201, headers: { 'Idempotent-Replayed': 'true' } },
    },
    errors: ['user_not_found', 'idempotency_conflict', 'group_full'],
  }),
  listMessages: operation({
    method: 'get',
    path: '/chats/:chatId/messages',
    summary: 'A page of a chat, with the range of positions that it accounts for',
    auth: 'user',
    limit: 'read',
    input: atMostOneKeyOf(
      object({
        chatId: uuid(),
        beforeSeq: position(),
        afterSeq: position(),
        aroundSeq: position(),
        changedAfter: position(),
        limit: limit(),
      }),
      'beforeSeq',
      'afterSeq',
      'aroundSeq',
      'changedAfter',
    ),
    output: object({
      items: list(message),
      /** Every position in it is accounted for; null for pages by change. */
      coverage: nullable(object({ fromSeq: natural(), toSeq: natural() })),
      /** The value with which the same query parameter continues. */
      nextCursor: nullable(text(1_024)),
      chat: object({
        lastSeq: natural(),
        changeSeq: natural(),
        myLastReadSeq: natural(),
        myVer: natural(),
      }),
    }),
    etag: ({ chat }) => `W/"${chat.changeSeq}-${chat.myVer}"`,
    errors: ['chat_not_found'],
  }),
  sendMessage: operation({
    method: 'post',
    path: '/chats/:chatId/messages',
    summary: 'Send a message, once: a repeat with the same clientMessageId answers the first',
    auth: 'user',
    limit: 'sendMessage',
    input: sendMessage,
    output: message,
    outcomes: {
      created: { status: 201 },
      replayed: { status: 200, headers: { 'Idempotent-Replayed': 'true' } },
    },
    errors: ['chat_not_found', 'not_a_member', 'forbidden_role', 'idempotency_conflict'],
  }),
};
