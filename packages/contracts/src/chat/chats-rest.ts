import { chat } from '../models/chat.ts';
import { operation } from '../operation.ts';
import {
  boolean,
  list,
  natural,
  nullable,
  object,
  oneOf,
  optional,
  queryBoolean,
  text,
  uniqueArray,
  uuid,
  visibleText,
} from '../schema.ts';
import { cursor, limit } from './query.ts';

export const chatsRest = {
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
};
