import type { Role } from '@taar/contracts';
import { enqueue } from '@taar/runtime/outbox/enqueue';
import { bumpUserVersions } from '@taar/domain/user-version';
import type { ChatChange, ChatTx } from './change-chat.ts';
import { purgeTopic } from './purge-chat.ts';
import { toChatInfo } from './to-chat.ts';

/** The last message that a former member may read, and the number of the change that says so. */
export type Exit = { leftSeq: number; changeSeq: number };

/** Adds members who see the chat from the system message about them on. */
export const admitMembers = async (
  change: ChatChange,
  userIds: string[],
  role: Role = 'member',
): Promise<void> => {
  const { tx, chat } = change;
  await insertMembers(change, userIds, role, chat.lastSeq);
  await bumpMemberVersions(tx, chat.id, userIds);
  change.bumpMemberEpoch();
  change.emit(change.nextChangeSeq(), 'members_updated', {
    added: userIds,
    removed: [],
    roles: role === 'member' ? [] : userIds.map((userId) => ({ userId, role })),
    memberEpoch: chat.memberEpoch,
    memberCount: chat.memberCount,
  });
  change.joinRooms(userIds);
};

/** Inserts members who see from `joinedSeq` on; returning members also keep their earlier stays. */
export const insertMembers = async (
  { tx, chat }: Pick<ChatChange, 'tx' | 'chat'>,
  userIds: string[],
  role: Role,
  joinedSeq: number,
): Promise<void> => {
  await tx.$executeRaw`
    INSERT INTO member_spans (chat_id, user_id, joined_seq, left_seq)
    SELECT chat_id, user_id, joined_seq, left_seq
    FROM chat_members
    WHERE chat_id = ${chat.id}::uuid
      AND user_id = ANY(${userIds}::uuid[])`;
  await tx.$executeRaw`
    INSERT INTO chat_members AS member (
      chat_id, user_id, role, joined_at, joined_seq, last_read_seq, last_delivered_seq)
    SELECT
      ${chat.id}::uuid, id, ${role}, ${chat.at}, ${joinedSeq}::bigint,
      ${joinedSeq - 1}::bigint, ${joinedSeq - 1}::bigint
    FROM unnest(${userIds}::uuid[]) AS added(id)
    ORDER BY id
    ON CONFLICT (chat_id, user_id) DO UPDATE
    SET role = excluded.role,
      joined_at = excluded.joined_at,
      joined_seq = excluded.joined_seq,
      left_at = NULL,
      left_seq = NULL,
      left_view = NULL,
      removed_by = NULL,
      hidden_at = NULL,
      marked_unread = false,
      last_read_seq = greatest(member.last_read_seq, excluded.last_read_seq),
      last_delivered_seq = greatest(member.last_delivered_seq, excluded.last_delivered_seq)`;
  chat.memberCount += userIds.length;
};

/** Bumps these users' private versions, by which their devices find the changed membership. */
export const bumpMemberVersions = async (
  tx: ChatTx,
  chatId: string,
  userIds: string[],
): Promise<Map<string, number>> => {
  const versions = await bumpUserVersions(tx, userIds);
  await tx.$executeRaw`
    UPDATE chat_members
    SET user_ver = bumped.version
    FROM unnest(
      ${[...versions.keys()]}::uuid[],
      ${[...versions.values()]}::bigint[]
    ) AS bumped(user_id, version)
    WHERE chat_members.chat_id = ${chatId}::uuid
      AND chat_members.user_id = bumped.user_id`;
  return versions;
};

/** Makes a member a former member; an owner's successor is the longest-standing admin or member. */
export const endMembership = async (
  change: ChatChange,
  member: { userId: string; role: Role },
  removedBy: string | null,
): Promise<Exit> => {
  const { tx, chat } = change;
  const { userId } = member;
  const event = removedBy ? 'member_removed' : 'member_left';
  await change.postSystemMessage(event, removedBy ?? userId, [userId]);
  const exit = { leftSeq: chat.lastSeq, changeSeq: chat.changeSeq };
  const successor = member.role === 'owner' ? await findSuccessor(change, userId) : undefined;
  chat.memberCount -= 1;
  change.bumpMemberEpoch();
  if (successor)
    await tx.chatMember.update({
      where: { chatId_userId: { chatId: chat.id, userId: successor } },
      data: { role: 'owner' },
    });
  const role = successor ? 'member' : member.role;
  await storeExit(change, { userId, role, removedBy, leftSeq: exit.leftSeq });
  if (chat.memberCount === 0) await closeChat(change, [userId]);
  else await bumpMemberVersions(tx, chat.id, [userId]);
  if (successor) await change.postSystemMessage('owner_changed', userId, [successor]);
  change.emit(change.nextChangeSeq(), 'members_updated', {
    added: [],
    removed: [userId],
    roles: successor ? [{ userId: successor, role: 'owner' }] : [],
    memberEpoch: chat.memberEpoch,
    memberCount: chat.memberCount,
  });
  return exit;
};

const findSuccessor = async ({ tx, chat }: ChatChange, ownerId: string) => {
  const [successor] = await tx.$queryRaw<{ userId: string }[]>`
    SELECT user_id AS "userId"
    FROM chat_members
    WHERE chat_id = ${chat.id}::uuid
      AND left_at IS NULL
      AND user_id <> ${ownerId}::uuid
    ORDER BY role = 'admin' DESC, joined_seq, joined_at, user_id
    LIMIT 1`;
  return successor?.userId;
};

type StoredExit = { userId: string; role: Role; removedBy: string | null; leftSeq: number };

/** Stores with the exit the group as it was then, which the former member goes on seeing. */
const storeExit = (
  { tx, chat }: ChatChange,
  { userId, role, removedBy, leftSeq }: StoredExit,
) => tx.$executeRaw`
  UPDATE chat_members
  SET role = ${role},
    left_at = ${chat.at},
    left_seq = ${leftSeq},
    left_view = ${JSON.stringify(toChatInfo(chat))}::jsonb || jsonb_build_object('roles', (
      SELECT coalesce(jsonb_object_agg(other.user_id, other.role), '{}')
      FROM chat_members other
      WHERE other.chat_id = ${chat.id}::uuid
        AND other.left_at IS NULL
        AND other.role <> 'member'
        AND other.user_id <> ${userId}::uuid)),
    removed_by = ${removedBy}::uuid
  WHERE chat_id = ${chat.id}::uuid
    AND user_id = ${userId}::uuid`;

/**
 * Closes a chat that has no members left: its messages are hidden at once, from earlier former
 * members too, and a job empties their rows. The chat itself stays in the lists it is in.
 */
export const closeChat = async (change: ChatChange, lastMembers: string[]): Promise<void> => {
  const { tx, chat } = change;
  chat.closedAt = chat.at;
  const cleared = await tx.$queryRaw<{ userId: string }[]>`
    UPDATE chat_members
    SET cleared_before_seq = left_seq,
      marked_unread = false
    WHERE chat_id = ${chat.id}::uuid
      AND left_seq > cleared_before_seq
    RETURNING user_id AS "userId"`;
  const changed = [...lastMembers, ...cleared.map(({ userId }) => userId)];
  const versions = await bumpMemberVersions(tx, chat.id, changed);
  for (const userId of lastMembers) versions.delete(userId);
  change.emitUserVersions(versions);
  await enqueue(tx, { topic: purgeTopic, key: chat.id });
};
