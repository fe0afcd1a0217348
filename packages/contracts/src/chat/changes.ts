import { chatInfo, role } from '../models/chat.ts';
import { message } from '../models/message.ts';
import { serverEvent } from '../operation.ts';
import { boolean, list, natural, nullable, object, text, time, uuid } from '../schema.ts';

const change = { chatId: uuid(), changeSeq: natural(), at: time() };

/** Durable events. A client applies those of one chat in the order of `changeSeq`. */
export const changeEvents = {
  chat_changed: serverEvent({
    summary: 'The chat changed in a way that this event may not show: sync the chat',
    durable: true,
    payload: object({ chatId: uuid(), changeSeq: natural() }),
  }),
  message_received: serverEvent({
    summary: 'A new message',
    durable: true,
    payload: object({
      message,
      chat: object({ id: uuid(), lastSeq: natural(), changeSeq: natural() }),
    }),
  }),
  message_updated: serverEvent({
    summary: 'A message was edited',
    durable: true,
    payload: object({ ...change, message }),
  }),
  message_deleted: serverEvent({
    summary: 'A message was deleted for everyone: `message` is its tombstone',
    durable: true,
    payload: object({ ...change, message }),
  }),
  reaction_updated: serverEvent({
    summary: 'A member set or removed their reaction to a message',
    durable: true,
    payload: object({
      ...change,
      messageId: uuid(),
      userId: uuid(),
      /** The member's current reaction; null after its removal. */
      emoji: nullable(text(16)),
      reactions: list(object({ emoji: text(16), count: natural() })),
    }),
  }),
  message_pinned: serverEvent({
    summary: 'A message was pinned or unpinned',
    durable: true,
    payload: object({ ...change, messageId: uuid(), pinned: boolean() }),
  }),
  chat_updated: serverEvent({
    summary: 'The name, description, picture or settings of the chat changed',
    durable: true,
    payload: object({ ...change, chat: chatInfo }),
  }),
  members_updated: serverEvent({
    summary: 'Members joined, left or changed their role',
    durable: true,
    payload: object({
      ...change,
      added: list(uuid()),
      removed: list(uuid()),
      roles: list(object({ userId: uuid(), role: role() })),
      memberEpoch: natural(),
      memberCount: natural(),
    }),
  }),
};
