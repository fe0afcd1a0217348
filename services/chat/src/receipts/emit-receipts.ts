import type { ServerPayload } from '@taar/contracts';
import type { ChatDb } from '@taar/db';
import type { Logger } from '@taar/kit/logger';
import type { Publish } from '@taar/kit/publish';
import type { Emit } from '../core/emit.ts';
import { chatRoom, userRoom, viewRoom } from '../core/room-names.ts';

type Receipt = ServerPayload<'message_read'>;

/** A watermark that moved, and whom it concerns. */
export type Moved = {
  chatId: string;
  userId: string;
  isGroup: boolean;
  /** Whoever is out reads on for themselves alone. */
  hasLeft: boolean;
  memberCount: number;
  memberEpoch: number;
  /** The other one of a direct chat; null across a block, or in notes to oneself. */
  peerId: string | null;
  /** False where the reader, or the peer of a direct chat, keeps read receipts off. */
  shared: boolean;
  readFrom: number;
  readTo: number;
  deliveredFrom: number;
  deliveredTo: number;
  at: Date;
};

/** Up to this size everyone is told of everyone; above, only those who look or wrote. */
const smallGroup = 64;
const gatherMs = 1_000;
/** Whoever wrote before the last so many messages of a backlog is told by the summary alone. */
const maxBack = 1_000;

const toReceipt = (moved: Moved): Receipt => ({
  chatId: moved.chatId,
  userId: moved.userId,
  upToSeq: moved.shared ? moved.readTo : 0,
  deliveredUpToSeq: moved.deliveredTo,
  at: moved.at.toISOString(),
});

type Needs = { emit: Emit; db: Pick<ChatDb, '$queryRaw'>; publish: Publish; logger: Logger };
type Summary = { delivered: bigint; read: bigint; epoch: number; authors: string[] };

const summarise = async (db: Needs['db'], chatId: string, from: number, to: number) => {
  const [row] = await db.$queryRaw<Summary[]>`
    SELECT min(me.last_delivered_seq) AS delivered, min(me.last_read_seq) AS read, c.member_epoch AS epoch,
      -- Who wrote and has left since hears nothing more.
      ARRAY(SELECT DISTINCT m.sender_id FROM messages m
        JOIN chat_members a ON a.chat_id = m.chat_id AND a.user_id = m.sender_id AND a.left_at IS NULL
        WHERE m.chat_id = c.id AND m.seq > ${Math.max(from, to - maxBack)} AND m.seq <= ${to}) AS authors
    FROM chats c JOIN chat_members me ON me.chat_id = c.id AND me.left_at IS NULL
    WHERE c.id = ${chatId}::uuid GROUP BY c.id`;
  return row;
};

/**
 * Tells of watermarks that moved: hints that may be lost, as the watermarks themselves are read
 * with the chat. In large groups a second's receipts travel together.
 */
export const createEmitReceipt = ({ emit, db, publish, logger }: Needs) => {
  const gathered = new Map<string, Map<string, Moved>>();

  const flush = async (chatId: string) => {
    const moved = [...(gathered.get(chatId)?.values() ?? [])];
    gathered.delete(chatId);
    const from = Math.min(...moved.map((one) => Math.min(one.readFrom, one.deliveredFrom)));
    const to = Math.max(...moved.map((one) => Math.max(one.readTo, one.deliveredTo)));
    const summary = await summarise(db, chatId, from, to);
    // Everybody left while it was gathered.
    if (!summary) return;
    const { delivered, read, epoch, authors } = summary;
    const told = [viewRoom(chatId, epoch), ...authors.map(userRoom)];
    for (const one of moved)
      emit('message_read', { rooms: told, except: userRoom(one.userId) }, toReceipt(one));
    emit(
      'receipt_summary',
      { rooms: [chatRoom(chatId, epoch)] },
      { chatId, deliveredToAllUpToSeq: Number(delivered), readByAllUpToSeq: Number(read) },
    );
  };

  const gather = (moved: Moved) => {
    const chat = gathered.get(moved.chatId);
    if (!chat)
      setTimeout(() => {
        flush(moved.chatId).catch((error: unknown) =>
          logger.warn('receipts were not delivered', { error }),
        );
      }, gatherMs).unref();
    const earlier = chat?.get(moved.userId);
    const { readFrom, deliveredFrom } = earlier ?? moved;
    gathered.set(
      moved.chatId,
      (chat ?? new Map<string, Moved>()).set(moved.userId, { ...moved, readFrom, deliveredFrom }),
    );
  };

  return (moved: Moved) => {
    const news =
      moved.deliveredTo > moved.deliveredFrom || (moved.shared && moved.readTo > moved.readFrom);
    if (!news || moved.hasLeft) return;
    if (moved.isGroup && moved.memberCount > smallGroup) gather(moved);
    else if (moved.isGroup)
      emit(
        'message_read',
        { rooms: [chatRoom(moved.chatId, moved.memberEpoch)], except: userRoom(moved.userId) },
        toReceipt(moved),
      );
    else if (moved.peerId !== null)
      publish('message_read', { users: [moved.peerId] }, toReceipt(moved));
  };
};
export type EmitReceipt = ReturnType<typeof createEmitReceipt>;
