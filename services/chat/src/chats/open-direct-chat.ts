import type { Chat } from '@taar/contracts';
import { type ChatDb, Prisma } from '@taar/db';
import type { Actor } from '@taar/kit/auth';
import { AppError } from '@taar/kit/errors';
import { v7 } from 'uuid';
import type { Deps } from '../deps.ts';
import { bumpUserVersions } from '../sync/user-version.ts';
import { readChat } from './queries.ts';

const directKey = (a: string, b: string) => (a < b ? `${a}:${b}` : `${b}:${a}`);

/** Of these ids, those of people who have an account. */
export const assertPeople = async (db: Pick<ChatDb, '$queryRaw'>, ids: string[]) => {
  const found = await db.$queryRaw<{ id: string }[]>`
    SELECT u.id FROM users u LEFT JOIN user_state s ON s.user_id = u.id
    WHERE u.id = ANY(${ids}::uuid[]) AND s.deleted_at IS NULL`;
  const known = new Set(found.map(({ id }) => id));
  const unknown = ids.filter((id) => !known.has(id));
  if (unknown.length > 0)
    throw new AppError('user_not_found', 'Some people have no account.', { userIds: unknown });
};

/**
 * The chat of two people, or of one with themselves: created once however many ask at the same
 * time, from either side.
 */
export const openDirectChat = async (
  { db, publish }: Pick<Deps, 'db' | 'publish'>,
  { userId }: Actor,
  peerId: string,
): Promise<{ outcome: 'created' | 'existing'; body: Chat }> => {
  await assertPeople(db, [peerId]);
  const members = [...new Set([userId, peerId])];
  const created = await db.$transaction(async (tx) => {
    const [chat] = await tx.$queryRaw<{ id: string }[]>`
      INSERT INTO chats (id, is_group, created_by, direct_key, member_count)
      VALUES (${v7()}::uuid, false, ${userId}::uuid, ${directKey(userId, peerId)}, ${members.length}::int)
      ON CONFLICT (direct_key) DO NOTHING RETURNING id`;
    if (!chat) return null;
    const versions = await bumpUserVersions(tx, members);
    await tx.chatMember.createMany({
      data: members.map((member) => ({
        chatId: chat.id,
        userId: member,
        joinedSeq: 1,
        userVer: versions.get(member)!,
      })),
    });
    return chat;
  });
  if (!created) return { outcome: 'existing', body: await reopen(db, userId, peerId) };
  publish([{ chatId: created.id, memberEpoch: 0, changes: [], joined: members }]);
  return { outcome: 'created', body: await readChat(db, userId, created.id) };
};

/** Whoever asks for a chat that they had deleted sees it again; the other side is not told. */
const reopen = async (db: Deps['db'], userId: string, peerId: string) => {
  const [chat] = await db.$queryRaw<{ id: string }[]>`${Prisma.sql`
    UPDATE chat_members m SET hidden_at = NULL FROM chats c
    WHERE c.direct_key = ${directKey(userId, peerId)} AND m.chat_id = c.id AND m.user_id = ${userId}::uuid
    RETURNING c.id`}`;
  return readChat(db, userId, chat!.id);
};
