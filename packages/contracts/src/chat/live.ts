import { chat } from '../models/chat.ts';
import { presence } from '../models/user.ts';
import { clientEvent, serverEvent } from '../operation.ts';
import { list, natural, nullable, object, oneOf, optional, time, uuid } from '../schema.ts';

const typingKind = () => oneOf('text', 'voice');
const aChat = object({ chatId: uuid() });
const typing = object({ chatId: uuid(), kind: optional(typingKind()) });
const typed = object({ expiresInMs: natural() });
const typist = { userId: uuid(), kind: typingKind() };
const typingSeen = object({ chatId: uuid(), ...typist, expiresInMs: natural() });

export const liveClientEvents = {
  join_chat: clientEvent({
    summary: 'Open a chat: answers with its state, and live events of its members follow',
    limit: 'read',
    input: object({ chatId: uuid(), changeSeq: optional(natural()) }),
    output: object({
      chat,
      /** Direct chats only. */
      presence: optional(presence),
      typing: list(object(typist)),
      /** How many changes of the chat the client is missing. */
      behind: natural(),
    }),
  }),
  leave_chat: clientEvent({
    summary: 'Close a chat: its live events end',
    input: aChat,
    output: object({}),
  }),
  typing_start: clientEvent({
    summary:
      'The caller is typing or recording; ends by itself after `expiresInMs` unless repeated',
    limit: 'typing',
    input: typing,
    output: typed,
  }),
  typing_stop: clientEvent({
    summary: 'The caller stopped typing or recording',
    input: typing,
    output: typed,
  }),
};

export const liveServerEvents = {
  typing_start: serverEvent({
    summary: 'A member started typing or recording; ends by itself after `expiresInMs`',
    payload: typingSeen,
  }),
  typing_stop: serverEvent({
    summary: 'A member stopped typing or recording',
    payload: typingSeen,
  }),
  user_online: serverEvent({
    summary: 'A user whose presence the client may see came online',
    payload: object({ userId: uuid(), at: time() }),
  }),
  user_offline: serverEvent({
    summary: 'A user went offline, or the client may no longer see their presence',
    payload: object({ userId: uuid(), lastSeen: nullable(time()) }),
  }),
  last_seen_update: serverEvent({
    summary: 'The last-seen time of a user changed, or whether the client may see it',
    payload: object({ userId: uuid(), lastSeen: nullable(time()) }),
  }),
};
