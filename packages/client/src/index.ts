import type { SendMessage } from '@taar/contracts';
import type { Ask } from './ask.ts';
import { type Connect, createConnection } from './connection.ts';
import { syncSizes } from './contract.ts';
import { type Database, createDatabase, putMessage } from './database.ts';
import { createHeartbeat } from './heartbeat.ts';
import { type OutboxStore, createOutbox } from './outbox.ts';
import { createReplica } from './replica.ts';
import { type Request, createRequest } from './request.ts';
import { createRestLink } from './rest-link.ts';

export type { Connect } from './connection.ts';
export { createDatabase, digestOf, messagesOf, unreadOf } from './database.ts';
export type { Database } from './database.ts';
export { isDurable } from './events.ts';
export type { OutboxStore } from './outbox.ts';
export { Refused } from './refused.ts';

export type ClientOptions = {
  url: string;
  /** Called for every connection and request. `renew`: the server rejected the last token. */
  token: (renew: boolean) => Promise<string>;
  deviceId: string;
  store: OutboxStore;
  /** The database of an earlier client of this device; by default an empty one. */
  database?: Database;
  /** How long an event may wait for the ones before it. */
  holdMs?: number;
  ackMs?: number;
  /** The most messages in one answer to a sync: of one chat, and of all. */
  perChat?: number;
  budget?: number;
  reconnectMs?: number;
  /** Replaces the interval that the server asks for. */
  heartbeatMs?: number;
  /** Whether long acks of syncs may be compressed, as they are by default. */
  compress?: boolean;
  connect?: Connect;
  /** The server forbids reconnecting; `reason` is that of `closing`, or an error code. */
  onEnded?: (reason: string) => void;
};
type NewMessage = Omit<SendMessage, 'clientMessageId'> & { clientMessageId?: string };

/** One device of a user: keeps the user's data complete and in order, and sends messages. */
export const createClient = (options: ClientOptions) => {
  const { ackMs = 10_000, reconnectMs = 1_000, holdMs = 500 } = options;
  const { perChat = syncSizes.messagesPerChat, budget = syncSizes.messages } = options;
  const db = options.database ?? createDatabase();
  const request = createRequest(options);

  const connection = createConnection({
    ...options,
    ackMs,
    reconnectMs,
    onEvent: (name, payload) => replica.receive(name, payload),
    onUnreachable: () => restLink.open(),
    onReady: (hello) => {
      restLink.close();
      db.userId = hello.userId;
      heartbeat.start(options.heartbeatMs ?? hello.heartbeatMs);
      // Sends do not wait for the sync, which can take minutes on a slow link.
      outbox.flush();
      replica.requestSync();
    },
    onLost: () => heartbeat.stop(),
  });
  const restLink = createRestLink({
    createRequest: (signal) => createRequest({ ...options, signal }),
    onOpen: (requestByRest) => {
      if (db.userId === null) void findUserId(db, requestByRest);
      outbox.flush();
      replica.requestSync();
    },
  });
  const ask: Ask = (...args) =>
    !connection.isReady() && restLink.isOpen() ? restLink.ask(...args) : connection.ask(...args);
  const isReachable = () => connection.isReady() || restLink.isOpen();

  const replica = createReplica({
    db,
    ask,
    ackMs,
    isReady: isReachable,
    holdMs,
    perChat,
    budget,
  });
  const heartbeat = createHeartbeat({
    db,
    ask: connection.ask,
    holdMs,
    requestSync: replica.requestSync,
  });
  const outbox = createOutbox({
    store: options.store,
    mayFlush: isReachable,
    deliver: async (item) => {
      const { message } = await ask('send_message', item, ackMs);
      replica.receiveSent(message);
      return message;
    },
  });

  return {
    database: db,
    start: connection.start,
    /** Sends a message now or as soon as possible. Rejects when the server refuses it for good. */
    send: ({ clientMessageId = crypto.randomUUID(), ...body }: NewMessage) =>
      outbox.send({ ...body, clientMessageId }),
    /** How many messages are not sent yet. */
    unsent: outbox.size,
    /** Resolves when every change committed before the call is in the database. */
    sync: replica.sync,
    isReady: connection.isReady,
    /** Calls an operation over REST by its name. */
    request,
    /** Stores the newest page of a chat at once, while a sync may still be far behind it. */
    showNewest: (chatId: string) => fetchNewest(db, request, chatId),
    /** Resolves when another client may use the database and the store. */
    stop: async () => {
      heartbeat.stop();
      replica.stop();
      connection.stop();
      restLink.abort();
      await outbox.stop();
    },
  };
};
export type Client = ReturnType<typeof createClient>;

/** The server states the user's id when a socket opens; over REST the client asks for it. */
const findUserId = async (db: Database, request: Request) => {
  try {
    const { id } = await request('getMe', {});
    db.userId ??= id;
  } catch {
    // Only unread counts need the id, and the next poll asks again.
  }
};

const fetchNewest = async (db: Database, request: Request, chatId: string) => {
  const { items } = await request('listMessages', { chatId });
  const local = db.chats.get(chatId);
  for (const message of local ? items : []) putMessage(db, local!, message);
};
