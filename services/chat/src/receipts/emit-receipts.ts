import type { ServerPayload } from '@taar/contracts';
import type { ChatDb } from '@taar/db';
import type { Logger } from '@taar/kit/logger';
import type { Publish } from '@taar/kit/publish';
import type { Emit } from '../core/emit.ts';
import { chatRoom, userRoom, viewRoom } from '../core/room-names.ts';

/** A member's watermarks before and after they moved, and the facts by which they are shown. */
export type MovedWatermarks = {
  chatId: string;
  userId: string;
  isGroup: boolean;
  /** A former member's reading is visible to that member alone. */
  hasLeft: boolean;
  memberCount: number;
  memberEpoch: number;
  /** The other member of a direct chat; null across a block, and in a chat with oneself. */
  peerId: string | null;
  /** False if the reader, or the peer of a direct chat, turned read receipts off. */
  sharesReads: boolean;
  readFrom: number;
  readTo: number;
  deliveredFrom: number;
  deliveredTo: number;
  at: Date;
};

/** In larger groups only viewers of the chat and senders of the read messages get each receipt. */
const smallGroup = 64;
const gatherMs = 1_000;
/** Senders of older messages of a long backlog get the summary alone. */
const maxMessagesBack = 1_000;

type Needs = { emit: Emit; db: Pick<ChatDb, '$queryRaw'>; publish: Publish; logger: Logger };

/**
 * Emits receipts. They may be lost, because clients read the watermarks with the chat. Receipts of
 * large groups are gathered for a second.
 */
export const createEmitReceipt = ({ emit, db, publish, logger }: Needs) => {
  const gathered = new Map<string, Map<string, MovedWatermarks>>();

  const emitGathered = async (chatId: string) => {
    const members = [...(gathered.get(chatId)?.values() ?? [])];
    gathered.delete(chatId);
    const from = Math.min(...members.map((one) => Math.min(one.readFrom, one.deliveredFrom)));
    const to = Math.max(...members.map((one) => Math.max(one.readTo, one.deliveredTo)));
    const summary = await readSummary(db, chatId, from, to);
    // All members left while the receipts were gathered.
    if (!summary) return;
    const { delivered, read, memberEpoch, senders } = summary;
    const rooms = [viewRoom(chatId, memberEpoch), ...senders.map(userRoom)];
    for (const member of members)
      emit('message_read', { rooms, except: userRoom(member.userId) }, toReceipt(member));
    emit(
      'receipt_summary',
      { rooms: [chatRoom(chatId, memberEpoch)] },
      { chatId, deliveredToAllUpToSeq: Number(delivered), readByAllUpToSeq: Number(read) },
    );
  };

  const gather = (moved: MovedWatermarks) => {
    const { chatId, userId } = moved;
    if (!gathered.has(chatId))
      setTimeout(() => {
        emitGathered(chatId).catch((error: unknown) =>
          logger.warn('Receipts of a group could not be emitted.', { chatId, error }),
        );
      }, gatherMs).unref();
    const members = gathered.get(chatId) ?? new Map<string, MovedWatermarks>();
    const { readFrom, deliveredFrom } = members.get(userId) ?? moved;
    gathered.set(chatId, members.set(userId, { ...moved, readFrom, deliveredFrom }));
  };

  return (moved: MovedWatermarks) => {
    const isVisible =
      moved.deliveredTo > moved.deliveredFrom ||
      (moved.sharesReads && moved.readTo > moved.readFrom);
    if (!isVisible || moved.hasLeft) return;
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

const toReceipt = (moved: MovedWatermarks): ServerPayload<'message_read'> => ({
  chatId: moved.chatId,
  userId: moved.userId,
  upToSeq: moved.sharesReads ? moved.readTo : 0,
  deliveredUpToSeq: moved.deliveredTo,
  at: moved.at.toISOString(),
});

type Summary = { delivered: bigint; read: bigint; memberEpoch: number; senders: string[] };

/** The watermarks that all members have reached, and the members who sent messages of the range. */
const readSummary = async (db: Needs['db'], chatId: string, from: number, to: number) => {
  const [row] = await db.$queryRaw<Summary[]>`
    SELECT
      min(member.last_delivered_seq) AS delivered,
      min(member.last_read_seq) AS read,
      chat.member_epoch AS "memberEpoch",
      ARRAY(
        SELECT DISTINCT message.sender_id
        FROM messages message
        JOIN chat_members sender ON sender.chat_id = message.chat_id
          AND sender.user_id = message.sender_id
          AND sender.left_at IS NULL
        WHERE message.chat_id = chat.id
          AND message.seq > ${Math.max(from, to - maxMessagesBack)}
          AND message.seq <= ${to}
      ) AS senders
    FROM chats chat
    JOIN chat_members member ON member.chat_id = chat.id
      AND member.left_at IS NULL
    WHERE chat.id = ${chatId}::uuid
    GROUP BY chat.id`;
  return row;
};
