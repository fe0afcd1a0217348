import { message, messageTypes } from '../models/message.ts';
import { operation } from '../operation.ts';
import { object, oneOf, optional, page, uuid, visibleText } from '../schema.ts';
import { cursor, limit } from './query.ts';

/** Fixed words, which are routed before the ids of chats. */
export const searchRest = {
  searchMessages: operation({
    method: 'get',
    path: '/chats/search',
    summary: 'Messages that I see and that hold these words, the newest first',
    auth: 'user',
    limit: 'searchMessages',
    input: object({
      q: visibleText(200),
      chatId: optional(uuid()),
      from: optional(uuid()),
      type: optional(oneOf(...messageTypes)),
      cursor: cursor(),
      limit: limit(),
    }),
    output: page(message),
    errors: ['chat_not_found'],
  }),
  listStarred: operation({
    method: 'get',
    path: '/chats/starred',
    summary: 'Messages that I starred, the latest star first',
    auth: 'user',
    limit: 'read',
    input: object({ cursor: cursor(), limit: limit() }),
    output: page(message),
  }),
};
