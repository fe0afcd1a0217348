import type { ServerPayload } from '@taar/contracts';
import { Prisma } from '@taar/db';
import type { ChatChange } from './change-chat.ts';
import { eventOptionsOf } from './change-message.ts';
import type { ChatEvent } from './commit.ts';
import type { MessageRow } from './to-message.ts';
import { snapshotForFormerMembers } from './snapshot-for-former-members.ts';

type TouchEvent = Exclude<ChatEvent, 'message_received'>;
type Payload<E extends TouchEvent> = Omit<ServerPayload<E>, 'chatId' | 'changeSeq' | 'at'>;

type Touch<E extends TouchEvent, W> = {
  /** Writes the change: a reaction, a pin, an edit. */
  write: () => Promise<W>;
  /** Columns of the message that change with it. */
  set?: Prisma.Sql;
  event: E;
  /** The event's payload for one message, after the change. */
  toPayload: (target: MessageRow, written: W) => Promise<Payload<E>> | Payload<E>;
};

/** Changes one message for everyone who sees it. See `touchMessages`. */
export const touchMessage = <E extends TouchEvent, W>(
  change: ChatChange,
  target: MessageRow,
  touch: Touch<E, W>,
) => touchMessages(change, [target], touch);

/**
 * Changes messages for everyone who sees them, each as a change with a number of its own. Snapshots
 * come first, as they hold the messages before the change and are valid up to the next number.
 */
export const touchMessages = async <E extends TouchEvent, W>(
  change: ChatChange,
  targets: MessageRow[],
  { write, set, event, toPayload }: Touch<E, W>,
): Promise<void> => {
  const ids = targets.map(({ id }) => id);
  await snapshotForFormerMembers(change, ids);
  const written = await write();
  const numbers = targets.map(() => change.nextChangeSeq());
  await change.tx.$executeRaw`
    UPDATE messages
    SET ${set ? Prisma.sql`${set},` : Prisma.empty}
      change_seq = numbered.change_seq,
      updated_at = ${change.chat.at}
    FROM unnest(${ids}::uuid[], ${numbers}::bigint[]) AS numbered(id, change_seq)
    WHERE messages.id = numbered.id`;
  for (const [i, target] of targets.entries())
    change.emit(numbers[i]!, event, await toPayload(target, written), eventOptionsOf(target));
};
