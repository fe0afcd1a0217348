import type { Chat } from '@taar/contracts';
import type { ChatDb } from '@taar/db';
import { bumpUserVersion } from '@taar/domain/user-version';
import type { Actor } from '@taar/kit/auth';
import { v7 } from 'uuid';
import type { Deps } from '../deps.ts';
import { peopleOrThrow } from '../core/people-to-add.ts';
import { readChat } from '../core/read-chats.ts';

type Opened = { outcome: 'created' | 'existing'; body: Chat };
type DepsOfOpen = Pick<Deps, 'db' | 'publishCommits' | 'publish' | 'spendLimit'>;

const directKey = (a: string, b: string) => (a < b ? `${a}:${b}` : `${b}:${a}`);

/**
 * The direct chat of two users, or of a user with themselves. Concurrent requests of both sides
 * create it once.
 */
export const openDirectChat = async (
  deps: DepsOfOpen,
  { userId, sessionId }: Actor,
  peerId: string,
): Promise<Opened> => {
  await peopleOrThrow(deps.db, userId, [peerId]);
  if (await isStranger(deps.db, userId, peerId))
    await deps.spendLimit('writeToStrangers', { address: '', userId, sessionId }, null);
  const created = await insertDirectChat(deps.db, userId, peerId);
  if (!created) return { outcome: 'existing', body: await reopen(deps, userId, peerId) };
  const { id, listedFor, members } = created;
  deps.publishCommits([{ chatId: id, memberEpoch: 0, changes: [], joined: members }]);
  deps.publish('chat_added', { users: listedFor }, { chatId: id });
  return { outcome: 'created', body: await readChat(deps.db, userId, id) };
};

/** Whether the chat does not exist yet, and the peer does not have the caller as a contact. */
const isStranger = async (db: Pick<ChatDb, '$queryRaw'>, userId: string, peerId: string) => {
  const rows = await db.$queryRaw<unknown[]>`
    SELECT
    WHERE ${userId} <> ${peerId}
      AND NOT EXISTS (
        SELECT FROM chats
        WHERE direct_key = ${directKey(userId, peerId)})
      AND NOT EXISTS (
        SELECT FROM contacts
        WHERE owner_id = ${peerId}::uuid
          AND user_id = ${userId}::uuid)`;
  return rows.length > 0;
};

/** Stores the chat unless it exists. It is not listed for a peer who blocked its creator. */
const insertDirectChat = async (
  db: Pick<ChatDb, '$queryRaw'>,
  creatorId: string,
  peerId: string,
) => {
  const members = [...new Set([creatorId, peerId])];
  const [created] = await db.$queryRaw<{ id: string; listedFor: string[] }[]>`
    WITH chat AS (
      INSERT INTO chats (id, is_group, created_by, direct_key, member_count)
      VALUES (
        ${v7()}::uuid,
        false,
        ${creatorId}::uuid,
        ${directKey(creatorId, peerId)},
        ${members.length}::int)
      ON CONFLICT (direct_key) DO NOTHING
      RETURNING id
    ), person AS (
      SELECT
        item.id,
        EXISTS (
          SELECT FROM blocks block
          WHERE block.blocker_id = item.id
            AND block.blocked_id = ${creatorId}::uuid
        ) AS blocks_creator
      FROM chat, unnest(${members}::uuid[]) AS item (id)
    ), version AS (
      INSERT INTO user_state AS state (user_id, user_ver)
      SELECT id, 1
      FROM person
      -- In the order of ids, so that two requests cannot deadlock.
      ORDER BY id
      ON CONFLICT (user_id) DO UPDATE SET user_ver = state.user_ver + 1
      RETURNING user_id, user_ver
    ), member AS (
      INSERT INTO chat_members (chat_id, user_id, joined_seq, user_ver, hidden_at)
      SELECT
        chat.id,
        person.id,
        1,
        version.user_ver,
        CASE WHEN person.blocks_creator THEN clock_timestamp() END
      FROM chat, person
      JOIN version ON version.user_id = person.id
    )
    SELECT
      chat.id,
      ARRAY(SELECT id FROM person WHERE NOT blocks_creator) AS "listedFor"
    FROM chat`;
  return created && { ...created, members };
};

/** Lists the chat again for a caller who had deleted it. The peer gets no event. */
const reopen = async ({ db, publish }: DepsOfOpen, userId: string, peerId: string) => {
  const { id } = await db.chat.findUniqueOrThrow({
    where: { directKey: directKey(userId, peerId) },
    select: { id: true },
  });
  const userVer = await db.$transaction(async (tx) => {
    const mine = { chatId: id, userId };
    const shown = await tx.chatMember.updateMany({
      where: { ...mine, hiddenAt: { not: null } },
      data: { hiddenAt: null },
    });
    if (shown.count === 0) return null;
    const version = await bumpUserVersion(tx, userId);
    await tx.chatMember.updateMany({ where: mine, data: { userVer: version } });
    return version;
  });
  if (userVer !== null) publish('my_state_updated', { users: [userId] }, { userVer, chatId: id });
  return readChat(db, userId, id);
};
