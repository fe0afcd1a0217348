import { Prisma } from '@taar/db';

/**
 * Earlier sends with the same id, looked up before membership and every other check: a retry of a
 * stored send finds its message. Expects the relation: input.
 */
export const findDuplicates = Prisma.sql`
  SELECT
    input.position,
    message.id,
    message.payload_hash = decode(input.payload_hash, 'hex') AS same
  FROM input
  JOIN messages message ON message.sender_id = input.sender_id
    AND message.client_message_id = input.client_message_id`;

/**
 * Sends that are not stored. Where one batch holds an id twice, its first send becomes the message.
 * Expects the relations: input, duplicate.
 */
export const takeFirstOfEachId = Prisma.sql`
  SELECT DISTINCT ON (sender_id, client_message_id) input.*
  FROM input
  WHERE NOT EXISTS (
    SELECT FROM duplicate
    WHERE duplicate.position = input.position)
  ORDER BY sender_id, client_message_id, position`;

/** Sends of members who may write, with the epoch that proves it. Expects the relation: fresh. */
export const checkMembership = Prisma.sql`
  SELECT
    fresh.*,
    chat.member_epoch,
    chat.settings,
    CASE WHEN chat.direct_key IS NOT NULL THEN (
      SELECT peer.user_id
      FROM chat_members peer
      WHERE peer.chat_id = chat.id
        AND peer.user_id <> fresh.sender_id
      LIMIT 1) END AS peer_id
  FROM fresh
  JOIN chats chat ON chat.id = fresh.chat_id
  JOIN chat_members sender ON sender.chat_id = fresh.chat_id
    AND sender.user_id = fresh.sender_id
    AND sender.left_at IS NULL
  WHERE chat.closed_at IS NULL
    AND (
      chat.settings->>'whoCanSend' IS DISTINCT FROM 'admins'
      OR sender.role IN ('owner', 'admin'))`;

/**
 * A message to a blocker is visible to its sender alone; a blocker must unblock to write. Mentions
 * of users who are not members are left out. Expects the relation: authorised.
 */
export const applyBlocks = Prisma.sql`
  SELECT
    authorised.*,
    row_number() OVER (PARTITION BY chat_id ORDER BY position) AS number_in_chat,
    CASE WHEN EXISTS (
      SELECT FROM blocks block
      WHERE block.blocker_id = authorised.peer_id
        AND block.blocked_id = authorised.sender_id)
      THEN sender_id END AS visible_to,
    CASE
      WHEN metadata::jsonb->'mentions' = '[]' THEN metadata::jsonb
      ELSE jsonb_set(metadata::jsonb, '{mentions}', (
        SELECT coalesce(jsonb_agg(mention.id ORDER BY mention.position), '[]')
        FROM jsonb_array_elements_text(metadata::jsonb->'mentions')
          WITH ORDINALITY AS mention(id, position)
        JOIN chat_members member ON member.chat_id = authorised.chat_id
          AND member.user_id = mention.id::uuid
          AND member.left_at IS NULL))
    END AS stored_metadata
  FROM authorised
  WHERE NOT EXISTS (
    SELECT FROM blocks block
    WHERE block.blocker_id = authorised.sender_id
      AND block.blocked_id = authorised.peer_id)`;
