import type { ChatDb } from '@taar/db';
import { collectMediaTopic } from '@taar/domain/media';

/** Topic of the job written when a chat is closed; its key is the chat. */
export const purgeTopic = 'chat.purge';

const batch = 1_000;

/**
 * Empties the messages of a closed chat. The rows stay as tombstones, so that a retry of an
 * accepted send is still recognised.
 */
export const purgeChat = async (db: Pick<ChatDb, '$executeRaw'>, chatId: string): Promise<void> => {
  let emptied: number;
  do emptied = await emptyBatch(db, chatId);
  while (emptied > 0);
  await db.$executeRaw`DELETE FROM message_pins WHERE chat_id = ${chatId}::uuid`;
  await db.$executeRaw`DELETE FROM chat_invites WHERE chat_id = ${chatId}::uuid`;
  await db.$executeRaw`DELETE FROM media_links WHERE chat_id = ${chatId}::uuid`;
};

const emptyBatch = (db: Pick<ChatDb, '$executeRaw'>, chatId: string) => db.$executeRaw`
  WITH part AS (
    SELECT id, media_id
    FROM messages
    WHERE chat_id = ${chatId}::uuid
      AND deleted_at IS NULL
    ORDER BY seq
    LIMIT ${batch}::int
  ), released AS (
    INSERT INTO outbox (topic, key)
    SELECT DISTINCT ${collectMediaTopic}, media_id
    FROM part
    WHERE media_id IS NOT NULL
  ), emptied AS (
    UPDATE messages message
    SET content = NULL,
      metadata = '{}',
      media_id = NULL,
      media_url = NULL,
      deleted_at = clock_timestamp(),
      updated_at = clock_timestamp()
    FROM part
    WHERE message.id = part.id
    RETURNING message.id
  ), edits AS (
    DELETE FROM message_edits WHERE message_id IN (SELECT id FROM emptied)
  ), versions AS (
    DELETE FROM message_versions WHERE message_id IN (SELECT id FROM emptied)
  ), mentions AS (
    DELETE FROM message_mentions WHERE message_id IN (SELECT id FROM emptied)
  ), stars AS (
    DELETE FROM message_stars WHERE message_id IN (SELECT id FROM emptied)
  ), links AS (
    DELETE FROM media_links WHERE ref_id IN (SELECT id FROM emptied)
  ), reactions AS (
    DELETE FROM message_reactions WHERE message_id IN (SELECT id FROM emptied)
  )
  SELECT FROM emptied`;
