import { contact } from '../models/contact.ts';
import { mediaRef } from '../models/media.ts';
import { message } from '../models/message.ts';
import { status } from '../models/status.ts';
import { userSummary } from '../models/user.ts';
import { clientEvent, serverEvent } from '../operation.ts';
import {
  type Infer,
  boolean,
  natural,
  nullable,
  object,
  oneOf,
  optional,
  text,
  time,
  uuid,
} from '../schema.ts';
import { changeEvents } from './changes.ts';
import { connectionServerEvents, connectionClientEvents } from './connection.ts';
import { liveServerEvents, liveClientEvents } from './live.ts';
import { sendMessage } from './message-body.ts';
import { receiptsServerEvents, receiptsClientEvents } from './receipts.ts';
import { syncClientEvents } from './sync.ts';

/** Events that a client sends. Each takes a callback, which receives the ack. */
export const clientEvents = {
  ...connectionClientEvents,
  send_message: clientEvent({
    summary: 'Send a message, by the same rules as over REST',
    limit: 'sendMessage',
    input: sendMessage,
    output: object({ message, replayed: boolean() }),
  }),
  ...liveClientEvents,
  ...receiptsClientEvents,
  ...syncClientEvents,
};

/** Events that the server sends. Durable ones carry the chat's contiguous `changeSeq`. */
export const serverEvents = {
  ...connectionServerEvents,
  ...changeEvents,
  user_updated: serverEvent({
    summary: 'A user the client knows, or the caller on another device, changed their profile',
    payload: object({ user: userSummary }),
  }),
  session_added: serverEvent({
    summary: 'The account was signed in on another device',
    payload: object({
      sessionId: uuid(),
      platform: text(16),
      model: nullable(text(100)),
      createdAt: time(),
    }),
  }),
  chat_added: serverEvent({
    summary: 'The user is in a chat that the client does not have: sync',
    payload: object({ chatId: uuid() }),
  }),
  chat_removed: serverEvent({
    summary: 'The user is no longer a member of a chat',
    payload: object({
      chatId: uuid(),
      changeSeq: natural(),
      leftSeq: natural(),
      reason: oneOf('left', 'removed', 'dissolved'),
    }),
  }),
  status_added: serverEvent({
    summary: 'A user whose status audience includes the caller posted a status',
    payload: object({ status }),
  }),
  status_removed: serverEvent({
    summary: 'A status was deleted',
    payload: object({ statusId: uuid(), userId: uuid() }),
  }),
  status_viewed: serverEvent({
    summary: 'A user viewed a status of the caller, or the caller viewed one on another device',
    payload: object({ statusId: uuid(), viewerId: uuid(), viewedAt: time() }),
  }),
  ...liveServerEvents,
  ...receiptsServerEvents,
  media_ready: serverEvent({
    summary: 'A media of the caller was processed: it is ready, or it failed',
    payload: object({ media: mediaRef }),
  }),
  contact_joined: serverEvent({
    summary: 'A contact of the caller now has an account',
    payload: object({ contact }),
  }),
  my_state_updated: serverEvent({
    summary: 'Private state of the user changed on another device: sync',
    payload: object({ userVer: natural(), chatId: optional(uuid()) }),
  }),
};

type ServerEvents = typeof serverEvents;
export type ServerEventName = keyof ServerEvents;
export type ServerPayload<E extends ServerEventName> = Infer<ServerEvents[E]['payload']>;
export type DurableEventName = {
  [E in ServerEventName]: ServerEvents[E] extends { durable: true } ? E : never;
}[ServerEventName];
