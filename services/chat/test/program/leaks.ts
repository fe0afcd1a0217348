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

/** The first and last message number, and change number, of each stay of a member. */
const readStays = ({ admin, chats }: World) => admin.$queryRaw<Stay[]>`
  SELECT stay.chat_id AS "chatId", stay.user_id AS "userId",
    stay.joined_seq::int AS "joinedSeq",
    stay.left_seq::int AS "leftSeq",
    CASE WHEN stay.joined_seq > 1 THEN coalesce(joining.change_seq, 0)::int ELSE 0 END AS "joinedAt",
    CASE WHEN chat.closed_at IS NULL THEN leaving.change_seq::int END AS "leftAt"
  FROM (
    SELECT chat_id, user_id, joined_seq, left_seq FROM member_spans
    UNION ALL
    SELECT chat_id, user_id, joined_seq, left_seq FROM chat_members
  ) stay
  JOIN chats chat ON chat.id = stay.chat_id
  LEFT JOIN messages joining
    ON joining.chat_id = chat.id
    AND joining.seq = stay.joined_seq
    AND joining.message_type = 'system'
  LEFT JOIN messages leaving
    ON leaving.chat_id = chat.id
    AND leaving.seq = stay.left_seq
  WHERE stay.chat_id = ANY(${chats}::uuid[])`;

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

/** The message number up to which a receipt event reports. */
const toReceipt = ({ event, payload }: { event: string; payload: unknown }) => {
  if (event !== 'message_read') return null;
  const { chatId, upToSeq, deliveredUpToSeq } = payload as Receipt;
  return { chatId, upToSeq: Math.max(upToSeq, deliveredUpToSeq) };
};

/** No device received a change or a message from outside a stay, or one withheld by a block. */
export const assertNothingLeaked = async (world: World) => {
  const [stays, rows] = await Promise.all([readStays(world), readMessages(world)]);
  const messages = new Map(rows.map(({ id, ...row }) => [id, row]));
  for (const { received, person } of world.devices)
    for (const event of received) {
      const receipt = toReceipt(event);
      if (receipt && world.chats.includes(receipt.chatId)) {
        const isMine = stays.some(
          ({ chatId, userId, leftSeq }) =>
            chatId === receipt.chatId &&
            userId === person.userId &&
            receipt.upToSeq <= (leftSeq ?? Infinity),
        );
        expect({ event, isMine }).toEqual({ event, isMine: true });
      }
      const shown = toShown(event);
      if (!shown || !world.chats.includes(shown.chatId)) continue;
      const mine = stays.filter(
        ({ chatId, userId }) => chatId === shown.chatId && userId === person.userId,
      );
      // `chat_changed` carries no content, so it may report changes from before a member joined.
      const isWithoutContent = event.event === 'chat_changed';
      const isMine = mine.some(
        ({ joinedAt, leftAt }) =>
          (isWithoutContent || shown.changeSeq >= joinedAt) &&
          shown.changeSeq <= (leftAt ?? Infinity),
      );
      const message = messages.get(shown.message?.id ?? shown.messageId ?? '');
      const isSeen =
        !message ||
        ((message.visibleTo ?? person.userId) === person.userId &&
          mine.some(
            ({ joinedSeq, leftSeq }) =>
              message.seq >= joinedSeq && message.seq <= (leftSeq ?? Infinity),
          ));
      expect({ event, isMine, isSeen }).toEqual({ event, isMine: true, isSeen: true });
    }
};
