import { expect } from '@jest/globals';
import { isDurable } from '@taar/client';
import type { Message } from '@taar/contracts';
import type { World } from './world.ts';

type Stay = {
  chatId: string;
  userId: string;
  joinedSeq: number;
  leftSeq: number | null;
  joinedAt: number;
  leftAt: number | null;
};
type Shown = { chatId: string; changeSeq: number; message?: Message; messageId?: string };

/** From and up to which message, and which change, people were in chats. */
const readStays = ({ admin, chats }: World) => admin.$queryRaw<Stay[]>`
  SELECT s.chat_id AS "chatId", s.user_id AS "userId", s.joined_seq::int AS "joinedSeq",
    s.left_seq::int AS "leftSeq",
    CASE WHEN s.joined_seq > 1 THEN coalesce(j.change_seq, 0)::int ELSE 0 END AS "joinedAt",
    CASE WHEN c.closed_at IS NULL THEN l.change_seq::int END AS "leftAt"
  FROM (SELECT chat_id, user_id, joined_seq, left_seq FROM member_spans
    UNION ALL SELECT chat_id, user_id, joined_seq, left_seq FROM chat_members) s
  JOIN chats c ON c.id = s.chat_id
  LEFT JOIN messages j ON j.chat_id = c.id AND j.seq = s.joined_seq AND j.message_type = 'system'
  LEFT JOIN messages l ON l.chat_id = c.id AND l.seq = s.left_seq
  WHERE s.chat_id = ANY(${chats}::uuid[])`;

const readMessages = ({ admin, chats }: World) =>
  admin.message.findMany({
    where: { chatId: { in: chats } },
    select: { id: true, seq: true, visibleTo: true },
  });

const toShown = ({ event, payload }: { event: string; payload: unknown }): Shown | null => {
  if (!isDurable(event)) return null;
  const { chat, ...shown } = payload as Shown & { chat?: { id: string; changeSeq: number } };
  return event === 'message_received'
    ? { ...shown, chatId: chat!.id, changeSeq: chat!.changeSeq }
    : shown;
};

type Receipt = { chatId: string; upToSeq: number; deliveredUpToSeq: number };

/** Up to which message somebody was told that another one has them. */
const toReceipt = ({ event, payload }: { event: string; payload: unknown }) => {
  if (event !== 'message_read') return null;
  const { chatId, upToSeq, deliveredUpToSeq } = payload as Receipt;
  return { chatId, upToSeq: Math.max(upToSeq, deliveredUpToSeq) };
};

/**
 * Nobody was sent a change from when they were not in the chat, nor a message from before, nor
 * what a block swallowed.
 */
export const assertNothingLeaked = async (world: World) => {
  const [stays, rows] = await Promise.all([readStays(world), readMessages(world)]);
  const messages = new Map(rows.map(({ id, ...row }) => [id, row]));
  for (const { heard, person } of world.devices)
    for (const told of heard) {
      const receipt = toReceipt(told);
      if (receipt && world.chats.includes(receipt.chatId)) {
        const isMine = stays.some(
          ({ chatId, userId, leftSeq }) =>
            chatId === receipt.chatId &&
            userId === person.userId &&
            receipt.upToSeq <= (leftSeq ?? Infinity),
        );
        expect({ told, isMine }).toEqual({ told, isMine: true });
      }
      const shown = toShown(told);
      if (!shown || !world.chats.includes(shown.chatId)) continue;
      const mine = stays.filter(
        ({ chatId, userId }) => chatId === shown.chatId && userId === person.userId,
      );
      // Whoever came later may be told that something changed before, but not what.
      const saysNothing = told.event === 'chat_changed';
      const isMine = mine.some(
        ({ joinedAt, leftAt }) =>
          (saysNothing || shown.changeSeq >= joinedAt) && shown.changeSeq <= (leftAt ?? Infinity),
      );
      const message = messages.get(shown.message?.id ?? shown.messageId ?? '');
      const isSeen =
        !message ||
        ((message.visibleTo ?? person.userId) === person.userId &&
          mine.some(
            ({ joinedSeq, leftSeq }) =>
              message.seq >= joinedSeq && message.seq <= (leftSeq ?? Infinity),
          ));
      expect({ told, isMine, isSeen }).toEqual({ told, isMine: true, isSeen: true });
    }
};
