import type { Role } from '@taar/contracts';
import { enqueue } from '@taar/runtime/jobs';
import { bumpUserVersions } from '@taar/domain/user-version';
import type { ChatChange, ChatTx } from './change-chat.ts';
import { purgeTopic } from './purge-chat.ts';
import { toChatInfo } from './to-chat.ts';

/** By a newer version of theirs these people's devices learn that they came, left or changed. */
export const stampMembers = async (tx: ChatTx, chatId: string, userIds: string[]) => {
  const versions = await bumpUserVersions(tx, userIds);
  await tx.$executeRaw`
    UPDATE chat_members m SET user_ver = v.ver
    FROM unnest(${[...versions.keys()]}::uuid[], ${[...versions.values()]}::bigint[]) AS v(user_id, ver)
    WHERE m.chat_id = ${chatId}::uuid AND m.user_id = v.user_id`;
  return versions;
};

/** People who see from `joinedSeq` on; whoever was in before keeps what they saw of that stay. */
export const insertMembers = async (
  { tx, chat }: Pick<ChatChange, 'tx' | 'chat'>,
  userIds: string[],
  role: Role,
  joinedSeq: number,
) => {
  await tx.$executeRaw`
    INSERT INTO member_spans (chat_id, user_id, joined_seq, left_seq)
    SELECT chat_id, user_id, joined_seq, left_seq FROM chat_members
    WHERE chat_id = ${chat.id}::uuid AND user_id = ANY(${userIds}::uuid[])`;
  await tx.$executeRaw`
    INSERT INTO chat_members AS m (chat_id, user_id, role, joined_at, joined_seq, last_read_seq, last_delivered_seq)
    SELECT ${chat.id}::uuid, id, ${role}, ${chat.at}, ${joinedSeq}::bigint, ${joinedSeq - 1}::bigint, ${joinedSeq - 1}::bigint
    FROM unnest(${userIds}::uuid[]) AS t(id) ORDER BY id
    ON CONFLICT (chat_id, user_id) DO UPDATE SET role = excluded.role,
      joined_at = excluded.joined_at, joined_seq = excluded.joined_seq,
      left_at = NULL, left_seq = NULL, left_view = NULL, removed_by = NULL, hidden_at = NULL, marked_unread = false,
      last_read_seq = greatest(m.last_read_seq, excluded.last_read_seq),
      last_delivered_seq = greatest(m.last_delivered_seq, excluded.last_delivered_seq)`;
  chat.memberCount += userIds.length;
};

/** Lets people in, who see from the message on that tells of it. */
export const admit = async (change: ChatChange, userIds: string[], role: Role = 'member') => {
  const { tx, chat, next, tell, moveEpoch, welcome } = change;
  await insertMembers(change, userIds, role, chat.lastSeq);
  await stampMembers(tx, chat.id, userIds);
  moveEpoch();
  next();
  tell('members_updated', {
    added: userIds,
    removed: [],
    roles: role === 'member' ? [] : userIds.map((userId) => ({ userId, role })),
    memberEpoch: chat.memberEpoch,
    memberCount: chat.memberCount,
  });
  welcome(userIds);
};

const findHeir = async ({ tx, chat }: ChatChange, leaverId: string) => {
  const [heir] = await tx.$queryRaw<{ userId: string }[]>`
    SELECT user_id AS "userId" FROM chat_members
    WHERE chat_id = ${chat.id}::uuid AND left_at IS NULL AND user_id <> ${leaverId}::uuid
    ORDER BY role = 'admin' DESC, joined_seq, joined_at, user_id LIMIT 1`;
  return heir?.userId;
};

/**
 * Nobody is in the chat any more: what was said is gone from now on, for those who left before too.
 * The rows are emptied by a job; the chat stays for those who still list it.
 */
export const closeChat = async (
  { tx, chat, tellOutsiders }: ChatChange,
  leavers: string[],
): Promise<void> => {
  chat.closedAt = chat.at;
  const cleared = await tx.$queryRaw<{ userId: string }[]>`
    UPDATE chat_members SET cleared_before_seq = left_seq, marked_unread = false
    WHERE chat_id = ${chat.id}::uuid AND left_seq > cleared_before_seq
    RETURNING user_id AS "userId"`;
  const versions = await stampMembers(tx, chat.id, [
    ...leavers,
    ...cleared.map(({ userId }) => userId),
  ]);
  for (const userId of leavers) versions.delete(userId);
  tellOutsiders(versions);
  await enqueue(tx, { topic: purgeTopic, key: chat.id });
};

/** How far someone who is out may read, and what tells of it. */
export type Exit = { leftSeq: number; changeSeq: number };

/** Takes somebody out of a group; the group of an owner goes to its longest-standing admin. */
export const takeOut = async (
  change: ChatChange,
  leaver: { userId: string; role: Role },
  removedBy: string | null,
): Promise<Exit> => {
  const { tx, chat, next, tell, say, moveEpoch } = change;
  const { userId } = leaver;
  await say(removedBy ? 'member_removed' : 'member_left', removedBy ?? userId, [userId]);
  const exit = { leftSeq: chat.lastSeq, changeSeq: chat.changeSeq };
  const heir = leaver.role === 'owner' ? await findHeir(change, userId) : undefined;
  chat.memberCount -= 1;
  moveEpoch();
  if (heir)
    await tx.chatMember.update({
      where: { chatId_userId: { chatId: chat.id, userId: heir } },
      data: { role: 'owner' },
    });
  await tx.$executeRaw`
    UPDATE chat_members SET role = ${heir ? 'member' : leaver.role}, left_at = ${chat.at}, left_seq = ${exit.leftSeq},
      left_view = ${JSON.stringify(toChatInfo(chat))}::jsonb || jsonb_build_object('roles', (
        SELECT coalesce(jsonb_object_agg(m.user_id, m.role), '{}') FROM chat_members m
        WHERE m.chat_id = ${chat.id}::uuid AND m.left_at IS NULL AND m.role <> 'member' AND m.user_id <> ${userId}::uuid)),
      removed_by = ${removedBy}::uuid
    WHERE chat_id = ${chat.id}::uuid AND user_id = ${userId}::uuid`;
  if (chat.memberCount === 0) await closeChat(change, [userId]);
  else await stampMembers(tx, chat.id, [userId]);
  if (heir) await say('owner_changed', userId, [heir]);
  next();
  tell('members_updated', {
    added: [],
    removed: [userId],
    roles: heir ? [{ userId: heir, role: 'owner' }] : [],
    memberEpoch: chat.memberEpoch,
    memberCount: chat.memberCount,
  });
  return exit;
};
