import { releaseMedia } from '@taar/domain/media';
import type { ChatChange } from './change-chat.ts';
import { eventOptionsOf } from './change-message.ts';
import { type MessageRow, toMessage } from './to-message.ts';
import { withdrawMessages } from './push-jobs.ts';

type Tombstone = { row: MessageRow; changeSeq: number; deletedAt: Date };

/**
 * Turns messages into tombstones, each a change of its own. `deletedBy` is null for messages that
 * have expired: they count as deleted from the moment of their expiry.
 */
export const tombstoneMessages = async (
  change: ChatChange,
  rows: MessageRow[],
  deletedBy: string | null,
): Promise<void> => {
  const tombstones = rows.map((row): Tombstone => {
    const changeSeq = change.nextChangeSeq();
    const deletedAt = deletedBy === null ? row.expiresAt! : change.chat.at;
    const emptied = {
      ...row,
      gone: true,
      deletedAt,
      changeSeq: BigInt(changeSeq),
      updatedAt: change.chat.at,
    };
    const message = toMessage(emptied, null);
    change.emit(changeSeq, 'message_deleted', { message }, eventOptionsOf(row));
    return { row, changeSeq, deletedAt };
  });
  const ids = rows.map(({ id }) => id);
  await releaseMediaOf(change, ids);
  await emptyRows(change, tombstones, deletedBy);
  await deleteDependents(change, ids);
  await recordForFormerMembers(change, tombstones);
  await withdrawMessages(change.tx, ids);
};

const releaseMediaOf = async ({ tx }: ChatChange, ids: string[]) => {
  const withMedia = await tx.message.findMany({
    where: { id: { in: ids }, mediaId: { not: null } },
    select: { mediaId: true },
  });
  await releaseMedia(
    tx,
    withMedia.map(({ mediaId }) => mediaId!),
  );
};

/** Keeps sender and `clientMessageId`, by which a retry of the send is recognised. */
const emptyRows = (
  { tx, chat }: ChatChange,
  tombstones: Tombstone[],
  deletedBy: string | null,
) => tx.$executeRaw`
  UPDATE messages
  SET content = NULL,
    media_id = NULL,
    media_url = NULL,
    metadata = '{}',
    deleted_at = tombstone.deleted_at,
    deleted_by = ${deletedBy}::uuid,
    change_seq = tombstone.change_seq,
    updated_at = ${chat.at}
  FROM unnest(
    ${tombstones.map(({ row }) => row.id)}::uuid[],
    ${tombstones.map(({ changeSeq }) => changeSeq)}::bigint[],
    ${tombstones.map(({ deletedAt }) => deletedAt)}::timestamptz[]
  ) AS tombstone(id, change_seq, deleted_at)
  WHERE messages.id = tombstone.id`;

const deleteDependents = async ({ tx }: ChatChange, ids: string[]) => {
  const where = { messageId: { in: ids } };
  await tx.messageReaction.deleteMany({ where });
  await tx.messageStar.deleteMany({ where });
  await tx.messagePin.deleteMany({ where });
  await tx.messageMention.deleteMany({ where });
  await tx.messageEdit.deleteMany({ where });
  await tx.messageVersion.deleteMany({ where });
};

/** Former members may read older messages; by `taken_seq` their devices find the deleted ones. */
const recordForFormerMembers = ({ tx, chat }: ChatChange, tombstones: Tombstone[]) => {
  const seqs = tombstones.map(({ row }) => row.seq);
  const lowestSeq = seqs.reduce((lowest, seq) => (seq < lowest ? seq : lowest));
  return tx.$executeRaw`
    UPDATE chat_members AS former
    SET taken_seq = (
      SELECT max(tombstone.change_seq)
      FROM unnest(
        ${seqs}::bigint[],
        ${tombstones.map(({ changeSeq }) => changeSeq)}::bigint[]
      ) AS tombstone(seq, change_seq)
      WHERE tombstone.seq <= former.left_seq)
    WHERE former.chat_id = ${chat.id}::uuid
      AND former.left_at IS NOT NULL
      AND former.left_seq >= ${lowestSeq}`;
};
