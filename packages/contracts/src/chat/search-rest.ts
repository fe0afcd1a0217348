import { message, messageTypes } from '../models/message.ts';
import { operation } from '../operation.ts';
import { object, oneOf, optional, uuid, visibleText } from '../schema.ts';
import { page, paging } from '../paging.ts';

/** These paths have a fixed word in the place of a chat's id; the router matches them first. */
export const searchRest = {
  searchMessages: operation({
    method: 'get',
    path: '/chats/search',
    summary: 'Search the messages that the caller may see, newest first',
    auth: 'user',
    limit: 'searchMessages',
    input: object({
      q: visibleText(200),
      chatId: optional(uuid()),
      from: optional(uuid()),
      type: optional(oneOf(...messageTypes)),
      ...paging,
    }),
    output: page(message),
    errors: ['chat_not_found'],
  }),
  listStarred: operation({
    method: 'get',
    path: '/chats/starred',
    summary: 'List the starred messages of the caller, latest star first',
    auth: 'user',
    limit: 'read',
    input: object({ ...paging }),
    output: page(message),
  }),
};
