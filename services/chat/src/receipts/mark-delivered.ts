import type { Input, chatSocket } from '@taar/contracts';
import type { Actor } from '@taar/kit/auth';
import { invalidField } from '@taar/kit/edge';
import type { Deps } from '../deps.ts';

type Watermark = { chatId: string; upToSeq: number };

const watermarksOf = ({
  chatId,
  upToSeq,
  items,
}: Input<typeof chatSocket.message_received>): Watermark[] => {
  if (items && chatId === undefined && upToSeq === undefined) return items;
  if (!items && chatId !== undefined && upToSeq !== undefined) return [{ chatId, upToSeq }];
  throw invalidField('items', 'object.oxor');
};

/** What this device has, as it says itself: only ever forward, and never past what there is. */
export const markDelivered = async (
  { db }: Pick<Deps, 'db'>,
  { userId }: Actor,
  input: Input<typeof chatSocket.message_received>,
) => {
  const watermarks = watermarksOf(input);
  await db.$executeRaw`
    UPDATE chat_members m
    SET last_delivered_seq = least(w.seq, coalesce(m.left_seq, c.last_seq)), last_delivered_at = clock_timestamp()
    FROM unnest(${watermarks.map((w) => w.chatId)}::uuid[], ${watermarks.map((w) => w.upToSeq)}::bigint[]) AS w(chat_id, seq),
      chats c
    WHERE m.chat_id = w.chat_id AND m.user_id = ${userId}::uuid AND c.id = m.chat_id
      AND m.last_delivered_seq < least(w.seq, coalesce(m.left_seq, c.last_seq))`;
  return {};
};
