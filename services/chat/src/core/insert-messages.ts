import type { ChatDb } from '@taar/db';
import type { Draft } from './draft.ts';
import { messageCreated } from './push-jobs.ts';

export type Stored = {
  /** `stale`: somebody came, left or changed a rule between the check and the lock. */
  outcome: 'created' | 'replayed' | 'conflict' | 'refused' | 'stale';
  /** The stored message's id: this draft's, or that of the send it repeats. */
  id: string;
  seq: number;
  changeSeq: number;
  memberEpoch: number;
  createdAt: Date;
  expiresAt: Date | null;
  visibleTo: string | null;
  /** Those of the draft who are members. */
  mentions: string[];
};
type Row = Omit<Stored, 'seq' | 'changeSeq'> & { seq: bigint | null; changeSeq: bigint | null };

/**
 * Stores all sends of a tick in one statement and answers one row for each, in order:
 * duplicates first, then authority under the epoch that proves it, then contiguous `seq` and
 * `changeSeq` under the chat's lock. A statement that fails leaves no hole.
 */
export const insertMessages = async (
  db: Pick<ChatDb, '$queryRaw'>,
  drafts: Draft[],
): Promise<Stored[]> => {
  const column = <K extends keyof Draft>(key: K) => drafts.map((draft) => draft[key]);
  const rows = await db.$queryRaw<Row[]>`
WITH input AS (
  SELECT * FROM unnest(
    ${column('id')}::uuid[], ${column('chatId')}::uuid[], ${column('senderId')}::uuid[],
    ${column('clientMessageId')}::uuid[], ${column('payloadHash')}::text[],
    ${column('content')}::text[], ${column('messageType')}::text[],
    ${column('mediaId')}::uuid[], ${column('mediaUrl')}::text[], ${column('replyToId')}::uuid[],
    ${column('replyToStatusId')}::uuid[], ${column('forwardCount')}::int[],
    ${drafts.map(metadataOf)}::text[], ${column('requestId')}::uuid[]
  ) WITH ORDINALITY AS t(id, chat_id, sender_id, client_id, hash, content, type, media_id, media_url,
    reply_to_id, status_id, forward_count, metadata, request_id, ord)
), dup AS (
  -- Before membership and everything else: a retry of an accepted send always finds its message.
  SELECT i.ord, m.id, m.payload_hash = decode(i.hash, 'hex') AS same
  FROM input i JOIN messages m ON m.sender_id = i.sender_id AND m.client_message_id = i.client_id
), fresh AS (
  -- The same id twice in one batch: the first one is the message.
  SELECT DISTINCT ON (sender_id, client_id) i.* FROM input i
  WHERE NOT EXISTS (SELECT FROM dup WHERE dup.ord = i.ord)
  ORDER BY sender_id, client_id, ord
), placed AS (
  SELECT f.*, c.member_epoch, c.settings, CASE WHEN c.direct_key IS NOT NULL THEN (
      SELECT p.user_id FROM chat_members p WHERE p.chat_id = c.id AND p.user_id <> f.sender_id LIMIT 1
    ) END AS peer_id
  FROM fresh f JOIN chats c ON c.id = f.chat_id
  JOIN chat_members m ON m.chat_id = f.chat_id AND m.user_id = f.sender_id AND m.left_at IS NULL
  WHERE c.closed_at IS NULL
    AND (c.settings->>'whoCanSend' IS DISTINCT FROM 'admins' OR m.role IN ('owner', 'admin'))
), allowed AS (
  -- What a block swallows is stored for its sender alone; who blocked must unblock to write.
  SELECT p.*, row_number() OVER (PARTITION BY p.chat_id ORDER BY p.ord) AS n,
    CASE WHEN EXISTS (SELECT FROM blocks b WHERE b.blocker_id = p.peer_id AND b.blocked_id = p.sender_id)
      THEN p.sender_id END AS visible_to,
    CASE WHEN p.metadata::jsonb->'mentions' = '[]' THEN p.metadata::jsonb
      ELSE jsonb_set(p.metadata::jsonb, '{mentions}', (
        SELECT coalesce(jsonb_agg(x.id ORDER BY x.n), '[]')
        FROM jsonb_array_elements_text(p.metadata::jsonb->'mentions') WITH ORDINALITY AS x(id, n)
        JOIN chat_members m ON m.chat_id = p.chat_id AND m.user_id = x.id::uuid AND m.left_at IS NULL
      )) END AS kept
  FROM placed p
  WHERE NOT EXISTS (SELECT FROM blocks b WHERE b.blocker_id = p.sender_id AND b.blocked_id = p.peer_id)
), locked AS (
  -- In id order, so that two processes cannot deadlock.
  SELECT c.id FROM chats c WHERE c.id IN (SELECT chat_id FROM allowed) ORDER BY c.id FOR NO KEY UPDATE
), bump AS (
  -- Evaluated on the newest row: what a removal or a setting that committed meanwhile forbids, misses.
  UPDATE chats c SET last_seq = c.last_seq + b.count, change_seq = c.change_seq + b.count,
    last_message_at = CASE WHEN b.seen THEN clock_timestamp() ELSE c.last_message_at END,
    updated_at = CASE WHEN b.seen THEN clock_timestamp() ELSE c.updated_at END,
    last_change_at = clock_timestamp()
  FROM (SELECT chat_id, count(*) AS count, min(member_epoch) AS epoch, min(settings->>'whoCanSend') AS who,
      bool_or(visible_to IS NULL) AS seen
    FROM allowed GROUP BY chat_id) b JOIN locked l ON l.id = b.chat_id
  WHERE c.id = b.chat_id AND c.member_epoch = b.epoch AND c.closed_at IS NULL
    AND c.settings->>'whoCanSend' IS NOT DISTINCT FROM b.who
  RETURNING c.id, c.last_seq - b.count AS seq0, c.change_seq - b.count AS change0,
    c.last_change_at AS at, c.member_epoch, c.settings
), stored AS (
  INSERT INTO messages (id, chat_id, sender_id, seq, change_seq, client_message_id, payload_hash, content,
    message_type, media_id, media_url, reply_to_id, reply_to_status_id, is_forwarded, forward_count,
    metadata, visible_to, created_at, updated_at, expires_at)
  SELECT a.id, a.chat_id, a.sender_id, bump.seq0 + a.n, bump.change0 + a.n, a.client_id,
    decode(a.hash, 'hex'), a.content, a.type, a.media_id, a.media_url, a.reply_to_id, a.status_id,
    a.forward_count > 0, a.forward_count, a.kept, a.visible_to, bump.at, bump.at,
    bump.at + (bump.settings->>'disappearingSeconds')::int * interval '1 second'
  FROM allowed a JOIN bump ON bump.id = a.chat_id ORDER BY a.chat_id, a.n
  RETURNING id, chat_id, sender_id, client_message_id, payload_hash, seq, change_seq, created_at,
    expires_at, visible_to, metadata
), mentioned AS (
  INSERT INTO message_mentions (message_id, user_id, chat_id, seq)
  SELECT s.id, mention::uuid, s.chat_id, s.seq
  FROM stored s CROSS JOIN LATERAL jsonb_array_elements_text(s.metadata->'mentions') AS mention
  WHERE s.visible_to IS NULL AND mention::uuid <> s.sender_id
), push AS (
  INSERT INTO outbox (topic, key, payload, request_id)
  SELECT ${messageCreated}, s.chat_id, jsonb_build_object('messageId', s.id), a.request_id
  FROM stored s JOIN allowed a ON a.id = s.id WHERE s.visible_to IS NULL
), watermark AS (
  -- Own sends are read by their sender as far as nothing unread stands between.
  UPDATE chat_members m SET last_read_seq = s.last, last_delivered_seq = greatest(m.last_delivered_seq, s.last)
  FROM (SELECT chat_id, sender_id, min(seq) AS first, max(seq) AS last
    FROM (SELECT chat_id, sender_id, seq,
        seq - row_number() OVER (PARTITION BY chat_id, sender_id ORDER BY seq) AS run FROM stored) own
    GROUP BY chat_id, sender_id, run) s
  WHERE m.chat_id = s.chat_id AND m.user_id = s.sender_id AND m.last_read_seq = s.first - 1
)
SELECT coalesce(d.id, s.id) AS id, s.seq, s.change_seq AS "changeSeq", s.created_at AS "createdAt",
  s.expires_at AS "expiresAt", s.visible_to AS "visibleTo", s.metadata->'mentions' AS mentions, bump.member_epoch AS "memberEpoch",
  CASE WHEN d.ord IS NOT NULL THEN CASE WHEN d.same THEN 'replayed' ELSE 'conflict' END
    WHEN s.id = i.id THEN 'created' WHEN s.id IS NULL AND a.id IS NOT NULL THEN 'stale'
    WHEN s.id IS NULL THEN 'refused'
    WHEN s.payload_hash = decode(i.hash, 'hex') THEN 'replayed' ELSE 'conflict' END AS outcome
FROM input i LEFT JOIN dup d ON d.ord = i.ord LEFT JOIN allowed a ON a.ord = i.ord
LEFT JOIN stored s ON s.sender_id = i.sender_id AND s.client_message_id = i.client_id
LEFT JOIN bump ON bump.id = s.chat_id
ORDER BY i.ord`;
  return rows.map((row) => ({ ...row, seq: Number(row.seq), changeSeq: Number(row.changeSeq) }));
};

/** The message's metadata column: the client's metadata, and beside it mentions and media. */
const metadataOf = ({ metadata, mentions, media }: Draft) =>
  JSON.stringify({ ...metadata, mentions, ...(media && { media }) });
