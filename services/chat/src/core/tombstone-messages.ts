import { releaseMedia } from '@taar/domain/media';
import type { ChatChange } from './change-chat.ts';
import { withdrawMessages } from './push-jobs.ts';
import { aboutOf } from './change-message.ts';
import { type MessageRow, toMessage } from './message-rows.ts';

type Burial = { row: MessageRow; changeSeq: number; at: Date };

/** What is left of a message that is no more; its key to a retry of the send stays. */
const entomb = async ({ tx, chat }: ChatChange, burials: Burial[], by: string | null) => {
  const ids = burials.map(({ row }) => row.id);
  const shown = await tx.message.findMany({
    where: { id: { in: ids }, mediaId: { not: null } },
    select: { mediaId: true },
  });
  await releaseMedia(
    tx,
    shown.map(({ mediaId }) => mediaId!),
  );
  await tx.$executeRaw`
    UPDATE messages m SET content = NULL, media_id = NULL, media_url = NULL, metadata = '{}',
      deleted_at = t.at, deleted_by = ${by}::uuid, change_seq = t.change_seq, updated_at = ${chat.at}
    FROM unnest(${ids}::uuid[], ${burials.map(({ changeSeq }) => changeSeq)}::bigint[],
      ${burials.map(({ at }) => at)}::timestamptz[]) AS t(id, change_seq, at)
    WHERE m.id = t.id`;
  const where = { messageId: { in: ids } };
  await tx.messageReaction.deleteMany({ where });
  await tx.messageStar.deleteMany({ where });
  await tx.messagePin.deleteMany({ where });
  await tx.messageMention.deleteMany({ where });
  await tx.messageEdit.deleteMany({ where });
  await tx.messageVersion.deleteMany({ where });
};

/** Whoever left reads on what is still there: their devices find by this number what is not. */
const takeFromLeavers = ({ tx, chat }: ChatChange, burials: Burial[]) => tx.$executeRaw`
  UPDATE chat_members me SET taken_seq = (
    SELECT max(t.change_seq) FROM unnest(${burials.map(({ row }) => row.seq)}::bigint[],
      ${burials.map(({ changeSeq }) => changeSeq)}::bigint[]) AS t(seq, change_seq) WHERE t.seq <= me.left_seq)
  WHERE me.chat_id = ${chat.id}::uuid AND me.left_at IS NOT NULL
    AND me.left_seq >= ${burials.map(({ row }) => row.seq).reduce((a, b) => (a < b ? a : b))}`;

/**
 * Turns messages into tombstones, each a change of its own. `by` is null where their time was
 * over: then they were gone from that moment on.
 */
export const bury = async (change: ChatChange, rows: MessageRow[], by: string | null) => {
  const burials = rows.map((row): Burial => {
    const changeSeq = change.next();
    const at = by === null ? row.expires_at! : change.chat.at;
    const tombstone = {
      ...row,
      gone: true,
      deleted_at: at,
      change_seq: BigInt(changeSeq),
      updated_at: change.chat.at,
    };
    change.tell('message_deleted', { message: toMessage(tombstone, null) }, aboutOf(row));
    return { row, changeSeq, at };
  });
  await entomb(change, burials, by);
  await takeFromLeavers(change, burials);
  await withdrawMessages(
    change.tx,
    rows.map(({ id }) => id),
  );
};
