import { type ChatDb, Prisma } from '@taar/db';
import type { Logger } from '@taar/kit/logger';
import type { Presence } from '../presence/presence.ts';
import type { Moved } from '../receipts/fan-out.ts';
import { messageCreated } from './jobs.ts';

type Tx = Pick<ChatDb, '$executeRaw'>;

const gatherMs = 1_000;

/** Devices of `me` that show a notification of the message `m`. */
const shown = Prisma.sql`push_attempts a ON a.message_id = m.id AND a.user_id = me.user_id
    AND a.state IN ('accepted', 'device_ack')
  JOIN sessions s ON s.id = a.session_id AND s.revoked_at IS NULL AND s.push_token IS NOT NULL`;

/** Takes notifications of messages that are no more off the phones, in the same transaction. */
export const withdrawMessages = (tx: Tx, messageIds: string[]) => tx.$executeRaw`
  INSERT INTO outbox (topic, key, payload)
  SELECT DISTINCT 'push.' || s.platform, s.id, jsonb_build_object('kind', 'dismiss',
    'sessionId', s.id, 'chatId', m.chat_id, 'messageId', m.id)
  FROM messages m JOIN chat_members me ON me.chat_id = m.chat_id AND me.last_read_seq < m.seq
  JOIN ${shown} WHERE m.id = ANY(${messageIds}::uuid[])`;

/** Notifies those whom an edit mentions now. */
export const notifyMentioned = (tx: Tx, chatId: string, messageId: string, mentioned: string[]) =>
  tx.$executeRaw`
    INSERT INTO outbox (topic, key, payload)
    VALUES (${messageCreated}, ${chatId}::uuid, ${JSON.stringify({ messageId, mentioned })}::jsonb)`;

type Needs = { db: ChatDb; presence: Pick<Presence, 'sessions'>; logger: Logger };

/**
 * Takes notifications of what was read on one device off the others. A courtesy that may be lost
 * with a node, and so is gathered rather than made part of every reading.
 */
export const createWithdrawal = ({ db, presence, logger }: Needs) => {
  let gathered = new Map<string, Moved>();
  let timer: NodeJS.Timeout | undefined;

  const flush = async () => {
    const reads = [...gathered.values()];
    gathered = new Map();
    timer = undefined;
    // Who is in the foreground was told by their socket.
    const live = await presence
      .sessions(reads.map(({ userId }) => userId))
      .catch(() => new Set<string>());
    await db.$executeRaw`
      INSERT INTO outbox (topic, key, payload)
      SELECT DISTINCT 'push.' || s.platform, s.id, jsonb_build_object('kind', 'dismiss',
        'sessionId', s.id, 'chatId', r.chat_id, 'upToSeq', r.seq_to)
      FROM unnest(${reads.map(({ userId }) => userId)}::uuid[], ${reads.map(({ chatId }) => chatId)}::uuid[],
        ${reads.map(({ readFrom }) => readFrom)}::bigint[], ${reads.map(({ readTo }) => readTo)}::bigint[]
      ) AS r(user_id, chat_id, seq_from, seq_to)
      JOIN chat_members me ON me.chat_id = r.chat_id AND me.user_id = r.user_id
      JOIN messages m ON m.chat_id = r.chat_id AND m.seq > r.seq_from AND m.seq <= r.seq_to
      JOIN ${shown} WHERE s.id <> ALL(${[...live]}::uuid[])`;
  };

  return {
    note: (moved: Moved) => {
      if (moved.readTo <= moved.readFrom) return;
      const key = `${moved.userId}:${moved.chatId}`;
      const readFrom = gathered.get(key)?.readFrom ?? moved.readFrom;
      gathered.set(key, { ...moved, readFrom });
      timer ??= setTimeout(() => {
        flush().catch((error: unknown) => logger.warn('notifications stay', { error }));
      }, gatherMs);
    },
    stop: () => clearTimeout(timer),
  };
};
