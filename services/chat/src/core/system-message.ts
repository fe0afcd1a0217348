import type { Message, SystemEvent } from '@taar/contracts';
import type { ServiceTx } from '@taar/db';
import { v7 } from 'uuid';
import { type MessageRow, toMessage } from './to-message.ts';
import { selectMessages } from './select-messages.ts';

type Metadata = { event: SystemEvent; actorId: string | null; userIds?: string[] };
/** The locked row of the chat, with the numbers that the message takes. */
type Numbered = { id: string; lastSeq: number; changeSeq: number; at: Date };

/** Stores a message in the system's name, as the last message of the chat. */
export const insertSystemMessage = async (
  tx: ServiceTx<'chat'>,
  chat: Numbered,
  metadata: Metadata,
): Promise<Message> => {
  const id = v7();
  await tx.$executeRaw`
    INSERT INTO messages
      (id, chat_id, seq, change_seq, message_type, metadata, created_at, updated_at)
    VALUES (
      ${id}::uuid, ${chat.id}::uuid, ${chat.lastSeq}, ${chat.changeSeq},
      'system', ${JSON.stringify(metadata)}::jsonb, ${chat.at}, ${chat.at})`;
  await advanceActor(tx, chat, metadata.actorId);
  const [row] = await tx.$queryRaw<MessageRow[]>`
    ${selectMessages}
    WHERE message.id = ${id}::uuid`;
  return toMessage(row!, null);
};

/** As after a send: the member who caused the message has read it, if they had read up to it. */
const advanceActor = (tx: ServiceTx<'chat'>, chat: Numbered, actorId: string | null) =>
  tx.$executeRaw`
    UPDATE chat_members
    SET last_read_seq = ${chat.lastSeq},
      last_delivered_seq = greatest(last_delivered_seq, ${chat.lastSeq}::bigint)
    WHERE chat_id = ${chat.id}::uuid
      AND user_id = ${actorId}::uuid
      AND left_at IS NULL
      AND last_read_seq = ${chat.lastSeq - 1}::bigint`;
