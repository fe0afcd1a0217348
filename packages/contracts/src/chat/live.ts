import { chat } from '../models/chat.ts';
import { presence } from '../models/user.ts';
import { event, push } from '../operation.ts';
import { list, natural, nullable, object, oneOf, optional, time, uuid } from '../schema.ts';

const typingKind = () => oneOf('text', 'voice');
const aChat = object({ chatId: uuid() });
const typing = object({ chatId: uuid(), kind: optional(typingKind()) });
const typed = object({ expiresInMs: natural() });
const typist = { userId: uuid(), kind: typingKind() };
const typingSeen = object({ chatId: uuid(), ...typist, expiresInMs: natural() });

export const liveSocket = {
  join_chat: event({
    summary: 'I am looking at this chat: what is needed to show it, and what others do in it',
    limit: 'read',
    input: object({ chatId: uuid(), changeSeq: optional(natural()) }),
    output: object({
      chat,
      /** Direct chats only. */
      presence: optional(presence),
      typing: list(object(typist)),
      /** How many changes the client does not have. */
      behind: natural(),
    }),
  }),
  leave_chat: event({
    summary: 'I am no longer looking at this chat',
    input: aChat,
    output: object({}),
  }),
  typing_start: event({
    summary: 'I am typing or recording; ends by itself unless repeated',
    limit: 'typing',
    input: typing,
    output: typed,
  }),
  typing_stop: event({
    summary: 'I stopped typing',
    input: typing,
    output: typed,
  }),
};

export const livePush = {
  typing_start: push('Somebody is typing or recording; ends by itself', typingSeen),
  typing_stop: push('Somebody stopped typing', typingSeen),
  user_online: push('Somebody whom I know came online', object({ userId: uuid(), at: time() })),
  user_offline: push(
    'Somebody whom I know went offline, or I may not know it any more',
    object({ userId: uuid(), lastSeen: nullable(time()) }),
  ),
  last_seen_update: push(
    'When somebody was last seen changed, or whether I may know',
    object({ userId: uuid(), lastSeen: nullable(time()) }),
  ),
};
