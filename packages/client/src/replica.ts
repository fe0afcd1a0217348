import type { Message, ServerEventName, ServerPayload } from '@taar/contracts';
import type { Ask } from './ask.ts';
import type { Database } from './database.ts';
import { createDelivered } from './delivered.ts';
import { type DurableEvent, isDurable } from './events.ts';
import { createInbox } from './inbox.ts';
import { createSync } from './sync.ts';

type Settings = {
  db: Database;
  ask: Ask;
  ackMs: number;
  isReady: () => boolean;
  holdMs: number;
  perChat: number;
  budget: number;
};

/** Keeps the database equal to the server's state, by live events and by syncs. */
export const createReplica = (settings: Settings) => {
  const { db, ask, isReady, holdMs } = settings;
  const delivered = createDelivered(db, ask, isReady);
  const sync = createSync({
    ...settings,
    inbox: () => inbox,
    onRestored: () => {
      inbox.clear();
      delivered.forget();
    },
    onCaughtUp: () => delivered.noteAll(),
  });
  const inbox = createInbox({
    db,
    holdMs,
    requestSync: sync.request,
    onApplied: delivered.note,
  });

  return {
    sync: sync.sync,
    requestSync: sync.request,
    receive: (name: ServerEventName, payload: unknown) => {
      if (isDurable(name)) inbox.receive({ name, payload } as DurableEvent);
      else if (name === 'message_read') applyMyRead(db, payload as ServerPayload<'message_read'>);
      else if (needsSync(db, name, payload)) sync.request();
    },
    /** The ack of a message stands for its event, which the sending socket does not receive. */
    receiveSent: (message: Message) => {
      const { chatId: id, seq: lastSeq, changeSeq } = message;
      const payload = { message, chat: { id, lastSeq, changeSeq } };
      inbox.receive({ name: 'message_received', payload });
    },
    stop: () => {
      for (const part of [inbox, sync, delivered]) part.stop();
    },
  };
};

const applyMyRead = (db: Database, { chatId, userId, upToSeq }: ServerPayload<'message_read'>) => {
  const my = db.chats.get(chatId)?.chat.my;
  if (!my || userId !== db.userId) return;
  my.lastReadSeq = Math.max(my.lastReadSeq, upToSeq);
  my.markedUnread = false;
};

const needsSync = (db: Database, name: ServerEventName, payload: unknown) =>
  name === 'my_state_updated'
    ? (payload as ServerPayload<'my_state_updated'>).userVer > (db.userVer ?? 0)
    : ['resync_required', 'chat_added', 'chat_removed'].includes(name);
