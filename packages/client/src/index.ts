import type { Message, SendMessage } from '@taar/contracts';
import { type Connect, Refused, createConnection } from './connection.ts';
import { type Database, createDatabase, digestOf, put } from './database.ts';
import { createDelivered } from './delivered.ts';
import { type Durable, type EventName, type PayloadOf, isDurable } from './events.ts';
import { createInbox } from './inbox.ts';
import { type OutboxStore, createOutbox } from './outbox.ts';
import { createSync } from './sync.ts';

export { Refused } from './connection.ts';
export type { Connect } from './connection.ts';
export { createDatabase, digestOf, messagesOf, unreadOf } from './database.ts';
export type { Database } from './database.ts';
export { isDurable } from './events.ts';
export type { OutboxStore } from './outbox.ts';

export type ClientOptions = {
  url: string;
  /** An access token, asked for at every connection; `renew`: another than the last one, which ends. */
  token: (renew: boolean) => Promise<string>;
  deviceId: string;
  store: OutboxStore;
  /** What was known before; by default nothing. */
  database?: Database;
  /** How long an event may wait for the ones before it. */
  holdMs?: number;
  ackMs?: number;
  /** How many messages one answer to a sync may hold, of one chat and of all. */
  perChat?: number;
  budget?: number;
  reconnectMs?: number;
  /** Instead of the interval that the server asks for. */
  heartbeatMs?: number;
  connect?: Connect;
  /** The server wants this device no more; `reason`: why it closed the socket, or a problem's code. */
  onEnded?: (reason: string) => void;
};
type NewMessage = Omit<SendMessage, 'clientMessageId'> & { clientMessageId?: string };

/** A device of somebody: keeps everything of theirs complete and in order, and sends what they write. */
export const createClient = (options: ClientOptions) => {
  const {
    holdMs = 500,
    ackMs = 10_000,
    reconnectMs = 1_000,
    perChat = 200,
    budget = 1_000,
  } = options;
  const db = options.database ?? createDatabase();
  let beating: ReturnType<typeof setInterval> | undefined;
  let caughtUp = false;
  /** What this device ought to have reached since the heartbeat before. */
  let due = 0;

  const connection = createConnection({
    ...options,
    ackMs,
    reconnectMs,
    onEvent: (event, payload) => onEvent(event, payload),
    onReady: (hello) => {
      db.userId = hello.userId;
      clearInterval(beating);
      beating = setInterval(beat, options.heartbeatMs ?? hello.heartbeatMs);
      sync.request();
    },
    onLost: () => {
      clearInterval(beating);
      caughtUp = false;
    },
  });
  const { ask, isReady } = connection;

  const sync = createSync({
    db,
    ask,
    perChat,
    budget,
    isReady,
    inbox: () => inbox,
    onRestored: () => {
      inbox.clear();
      delivered.forget();
    },
    onCaughtUp: () => {
      caughtUp = true;
      delivered.noteAll();
      outbox.flush();
    },
  });
  const delivered = createDelivered(db, ask, isReady);
  const inbox = createInbox({
    db,
    holdMs,
    requestSync: sync.request,
    onApplied: delivered.note,
  });
  const outbox = createOutbox({
    store: options.store,
    mayFlush: () => isReady() && caughtUp,
    deliver: async (item) => {
      const { message } = await ask('send_message', item);
      const { chatId: id, seq: lastSeq, changeSeq } = message;
      // The ack stands for the event, which the sending socket does not get.
      inbox.receive({
        event: 'message_received',
        payload: { message, chat: { id, lastSeq, changeSeq } },
      });
      return message;
    },
  });

  const isComplete = (digest: number) => digest === digestOf(db);
  const beat = () => {
    const check = async () => {
      const { digest } = await ask('last_seen_update', { state: 'active' });
      // A sync that looked only at what changed of late did not find it: a clock may have been set back.
      if (digestOf(db) < due) db.since = null;
      due = digest;
      if (isComplete(digest)) return;
      // The events may be on their way.
      await new Promise((resolve) => {
        setTimeout(resolve, holdMs);
      });
      if (!isComplete(digest)) sync.request();
    };
    check().catch(() => undefined);
  };

  const readOwn = ({ chatId, userId, upToSeq }: PayloadOf<'message_read'>) => {
    const my = db.chats.get(chatId)?.chat.my;
    if (!my || userId !== db.userId) return;
    my.lastReadSeq = Math.max(my.lastReadSeq, upToSeq);
    my.markedUnread = false;
  };

  const onEvent = (event: EventName, payload: unknown) => {
    if (isDurable(event)) inbox.receive({ event, payload } as Durable);
    else if (event === 'message_read') readOwn(payload as PayloadOf<'message_read'>);
    else if (event === 'my_state_updated') {
      if ((payload as PayloadOf<'my_state_updated'>).userVer > (db.userVer ?? 0)) sync.request();
    } else if (['resync_required', 'chat_added', 'chat_removed'].includes(event)) sync.request();
  };

  const fetchNewest = async (chatId: string) => {
    const answer = await fetch(`${options.url}/chats/${chatId}/messages`, {
      headers: { authorization: `Bearer ${await options.token(false)}` },
    });
    const body: unknown = await answer.json();
    if (!answer.ok) throw new Refused(body as Refused['problem']);
    return (body as { items: Message[] }).items;
  };

  return {
    database: db,
    start: connection.start,
    /** Sends a message, now or as soon as it can be sent. Rejects where it never can. */
    send: ({ clientMessageId = crypto.randomUUID(), ...body }: NewMessage) =>
      outbox.send({ ...body, clientMessageId }),
    unsent: outbox.size,
    /** Resolves when everything that had changed before the call is here. */
    sync: sync.sync,
    isReady,
    /** The newest page of a chat at once, while a sync may still be far behind it. */
    showNewest: async (chatId: string) => {
      const messages = await fetchNewest(chatId);
      const local = db.chats.get(chatId);
      for (const message of local ? messages : []) put(db, local!, message);
    },
    /** Resolves when another client may take over the database and the store. */
    stop: async () => {
      clearInterval(beating);
      for (const part of [inbox, sync, delivered, connection]) part.stop();
      await outbox.stop();
    },
  };
};
export type Client = ReturnType<typeof createClient>;
