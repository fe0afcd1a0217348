import { message } from '../models/message.ts';
import { operation } from '../operation.ts';
import { atMostOneKeyOf, list, natural, nullable, object, text, uuid } from '../schema.ts';
import { sendMessage } from './message-body.ts';
import { limit, position } from './query.ts';

export const messagesRest = {
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
