import { type ChatDb, Prisma } from '@taar/db';
import type { Draft } from './draft.ts';
import { applyBlocks, checkMembership, findDuplicates, takeFirstOfEachId } from './send-checks.ts';
import { advanceSenders, insertMentions, queuePushJobs } from './send-effects.ts';

export type Stored = {
  /**
   * `replayed`: stored before under this clientMessageId; `conflict`: the id holds another body;
   * `stale`: members or rules of the chat changed between the check and the lock.
   */
  outcome: 'created' | 'replayed' | 'conflict' | 'refused' | 'stale';
  /** Of the draft, or of the earlier send that it repeats. */
  id: string;
  seq: number;
  changeSeq: number;
  memberEpoch: number;
  createdAt: Date;
  expiresAt: Date | null;
  visibleTo: string | null;
  /** Mentions of the draft that are members. */
  mentions: string[];
};
type Row = Omit<Stored, 'seq' | 'changeSeq'> & { seq: bigint | null; changeSeq: bigint | null };

/**
 * Stores a batch of sends in one statement and answers each, in their order: duplicates first, then
 * authority under the member epoch that proves it, then `seq` and `changeSeq` without a gap under
 * the chat's lock. A statement that fails takes no number.
 */
export const insertMessages = async (
  db: Pick<ChatDb, '$queryRaw'>,
  drafts: Draft[],
): Promise<Stored[]> => {
  const rows = await db.$queryRaw<Row[]>`
    WITH input AS (${inputOf(drafts)}),
      duplicate AS (${findDuplicates}),
      fresh AS (${takeFirstOfEachId}),
      authorised AS (${checkMembership}),
      allowed AS (${applyBlocks}),
      locked AS (${lockChats}),
      numbered AS (${takeNumbers}),
      stored AS (${insertRows}),
      mentioned AS (${insertMentions}),
      queued AS (${queuePushJobs}),
      advanced AS (${advanceSenders})
    ${answerEach}`;
  return rows.map((row) => ({ ...row, seq: Number(row.seq), changeSeq: Number(row.changeSeq) }));
};

const inputOf = (drafts: Draft[]) => {
  const column = <K extends keyof Draft>(key: K) => drafts.map((draft) => draft[key]);
  return Prisma.sql`
    SELECT *
    FROM unnest(
      ${column('id')}::uuid[],
      ${column('chatId')}::uuid[],
      ${column('senderId')}::uuid[],
      ${column('clientMessageId')}::uuid[],
      ${column('payloadHash')}::text[],
      ${column('content')}::text[],
      ${column('messageType')}::text[],
      ${column('mediaId')}::uuid[],
      ${column('mediaUrl')}::text[],
      ${column('replyToId')}::uuid[],
      ${column('replyToStatusId')}::uuid[],
      ${column('forwardCount')}::int[],
      ${drafts.map(metadataOf)}::text[],
      ${column('requestId')}::uuid[]
    ) WITH ORDINALITY AS draft(
      id, chat_id, sender_id, client_message_id, payload_hash, content, message_type, media_id,
      media_url, reply_to_id, reply_to_status_id, forward_count, metadata, request_id, position)`;
};

/** The message's metadata column: the client's metadata, and beside it mentions and media. */
const metadataOf = ({ metadata, mentions, media }: Draft) =>
  JSON.stringify({ ...metadata, mentions, ...(media && { media }) });

/** In the order of ids, so that two processes cannot deadlock. */
const lockChats = Prisma.sql`
  SELECT chat.id
  FROM chats chat
  WHERE chat.id IN (SELECT chat_id FROM allowed)
  ORDER BY chat.id
  FOR NO KEY UPDATE`;

/** Matches the newest row, so a removal or rule that committed since the check fails the send. */
const takeNumbers = Prisma.sql`
  UPDATE chats chat
  SET last_seq = chat.last_seq + batch.size,
    change_seq = chat.change_seq + batch.size,
    last_message_at = CASE WHEN batch.shown THEN clock_timestamp() ELSE chat.last_message_at END,
    updated_at = CASE WHEN batch.shown THEN clock_timestamp() ELSE chat.updated_at END,
    last_change_at = clock_timestamp()
  FROM (
    SELECT
      chat_id,
      count(*) AS size,
      min(member_epoch) AS member_epoch,
      min(settings->>'whoCanSend') AS who_can_send,
      bool_or(visible_to IS NULL) AS shown
    FROM allowed
    GROUP BY chat_id
  ) batch
  JOIN locked ON locked.id = batch.chat_id
  WHERE chat.id = batch.chat_id
    AND chat.member_epoch = batch.member_epoch
    AND chat.closed_at IS NULL
    AND chat.settings->>'whoCanSend' IS NOT DISTINCT FROM batch.who_can_send
  RETURNING
    chat.id,
    chat.last_seq - batch.size AS seq_before,
    chat.change_seq - batch.size AS change_seq_before,
    chat.last_change_at AS at,
    chat.member_epoch,
    chat.settings`;

const insertRows = Prisma.sql`
  INSERT INTO messages (
    id, chat_id, sender_id, seq, change_seq, client_message_id, payload_hash, content,
    message_type, media_id, media_url, reply_to_id, reply_to_status_id, is_forwarded,
    forward_count, metadata, visible_to, created_at, updated_at, expires_at)
  SELECT
    allowed.id,
    allowed.chat_id,
    allowed.sender_id,
    numbered.seq_before + allowed.number_in_chat,
    numbered.change_seq_before + allowed.number_in_chat,
    allowed.client_message_id,
    decode(allowed.payload_hash, 'hex'),
    allowed.content,
    allowed.message_type,
    allowed.media_id,
    allowed.media_url,
    allowed.reply_to_id,
    allowed.reply_to_status_id,
    allowed.forward_count > 0,
    allowed.forward_count,
    allowed.stored_metadata,
    allowed.visible_to,
    numbered.at,
    numbered.at,
    numbered.at + (numbered.settings->>'disappearingSeconds')::int * interval '1 second'
  FROM allowed
  JOIN numbered ON numbered.id = allowed.chat_id
  ORDER BY allowed.chat_id, allowed.number_in_chat
  RETURNING
    id, chat_id, sender_id, client_message_id, payload_hash, seq, change_seq, created_at,
    expires_at, visible_to, metadata`;

const answerEach = Prisma.sql`
  SELECT
    coalesce(duplicate.id, stored.id) AS id,
    stored.seq,
    stored.change_seq AS "changeSeq",
    stored.created_at AS "createdAt",
    stored.expires_at AS "expiresAt",
    stored.visible_to AS "visibleTo",
    stored.metadata->'mentions' AS mentions,
    numbered.member_epoch AS "memberEpoch",
    CASE
      WHEN duplicate.same THEN 'replayed'
      WHEN duplicate.position IS NOT NULL THEN 'conflict'
      WHEN stored.id = input.id THEN 'created'
      WHEN stored.id IS NULL AND allowed.id IS NOT NULL THEN 'stale'
      WHEN stored.id IS NULL THEN 'refused'
      WHEN stored.payload_hash = decode(input.payload_hash, 'hex') THEN 'replayed'
      ELSE 'conflict'
    END AS outcome
  FROM input
  LEFT JOIN duplicate ON duplicate.position = input.position
  LEFT JOIN allowed ON allowed.position = input.position
  LEFT JOIN stored ON stored.sender_id = input.sender_id
    AND stored.client_message_id = input.client_message_id
  LEFT JOIN numbered ON numbered.id = stored.chat_id
  ORDER BY input.position`;
