import { createHash } from 'node:crypto';
import { type CreatedChat, type Input, type chatRest, nameSizes } from '@taar/contracts';
import { isUniqueViolation } from '@taar/db';
import { cleanName } from '@taar/domain/profile-text';
import type { Actor } from '@taar/kit/auth';
import { AppError } from '@taar/kit/errors';
import { v7 } from 'uuid';
import type { Deps } from '../deps.ts';
import { insertMembers, bumpMemberVersions } from '../core/membership.ts';
import { peopleOrThrow } from '../core/people-to-add.ts';
import { type ChatTx, changeChat } from '../core/change-chat.ts';
import { setPicture } from './picture.ts';
import { readChat } from '../core/read-chats.ts';

type Body = Input<typeof chatRest.createChat> & { name: string };
type Created = { outcome: 'created' | 'replayed'; body: CreatedChat };

export const createGroup = async (
  deps: Pick<Deps, 'db' | 'publishCommits' | 'publish'>,
  { userId }: Actor,
  body: Body,
): Promise<Created> => {
  const replay = await findReplay(deps.db, userId, body);
  if (replay) return replay;
  const others = body.memberIds.filter((id) => id !== userId);
  const people = await peopleOrThrow(deps.db, userId, others);
  const added = people.filter(({ mayAdd }) => mayAdd).map((person) => person.id);
  const invited = people.filter(({ mayAdd }) => !mayAdd).map((person) => person.id);
  const everyone = [userId, ...added];
  const id = v7();
  try {
    await changeChat(
      deps,
      id,
      async (change) => {
        const { tx, chat } = change;
        if (body.avatarMediaId !== undefined)
          chat.avatarUrl = await setPicture(tx, id, userId, body.avatarMediaId);
        await insertMembers(change, [userId], 'owner', 1);
        await insertMembers(change, added, 'member', 1);
        await change.postSystemMessage('group_created', userId, added);
        await bumpMemberVersions(tx, id, everyone);
        change.joinRooms(everyone);
      },
      (tx) => insertGroup(tx, id, userId, body),
    );
  } catch (error) {
    const raced =
      isUniqueViolation(error, 'chats_idempotency') && (await findReplay(deps.db, userId, body));
    if (raced) return raced;
    throw error;
  }
  deps.publish('chat_added', { users: everyone }, { chatId: id });
  return { outcome: 'created', body: { ...(await readChat(deps.db, userId, id)), invited } };
};

const settingsOf = ({ settings = {} }: Body) =>
  Object.fromEntries(Object.entries(settings).toSorted(([a], [b]) => (a < b ? -1 : 1)));

const hashOf = (body: Body) => {
  const { name, description = null, avatarMediaId = null, memberIds } = body;
  const parts = [name, description, avatarMediaId, settingsOf(body), memberIds.toSorted()];
  return createHash('sha256').update(JSON.stringify(parts)).digest();
};

/** The group that an earlier request with this idempotency key created; null without one. */
const findReplay = async (db: Deps['db'], userId: string, body: Body): Promise<Created | null> => {
  const { idempotencyKey, memberIds } = body;
  if (idempotencyKey === undefined) return null;
  const earlier = await db.chat.findUnique({
    where: { createdBy_idempotencyKey: { createdBy: userId, idempotencyKey } },
    select: { id: true, idempotencyHash: true, members: { select: { userId: true } } },
  });
  if (!earlier) return null;
  if (!hashOf(body).equals(earlier.idempotencyHash!))
    throw new AppError('idempotency_conflict', 'This idempotency key was used for another group.');
  const memberSet = new Set(earlier.members.map((member) => member.userId));
  const invited = memberIds.filter((id) => !memberSet.has(id));
  return { outcome: 'replayed', body: { ...(await readChat(db, userId, earlier.id)), invited } };
};

const insertGroup = async (tx: ChatTx, id: string, userId: string, body: Body) => {
  const key = body.idempotencyKey ?? null;
  await tx.$executeRaw`
    INSERT INTO chats (
      id, is_group, name, description, created_by, settings, idempotency_key, idempotency_hash)
    VALUES (
      ${id}::uuid,
      true,
      ${cleanName(body.name, nameSizes.group)},
      ${body.description || null},
      ${userId}::uuid,
      ${JSON.stringify(settingsOf(body))}::jsonb,
      ${key}::uuid,
      ${key && hashOf(body)})`;
};
