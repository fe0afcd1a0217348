import { createHash } from 'node:crypto';
import type { Chat, Input, chatRest } from '@taar/contracts';
import { isUniqueViolation } from '@taar/db';
import type { Actor } from '@taar/kit/auth';
import { AppError } from '@taar/kit/errors';
import { v7 } from 'uuid';
import type { Deps } from '../deps.ts';
import { bumpUserVersions } from '../sync/user-version.ts';
import { assertPeople } from './open-direct-chat.ts';
import { readChat } from './queries.ts';

type Body = Input<typeof chatRest.createChat> & { name: string };
type Created = { outcome: 'created' | 'replayed'; body: Chat };

const hashOf = ({ idempotencyKey: _, ...body }: Body) =>
  createHash('sha256')
    .update(JSON.stringify([body.name, body.description ?? null, [...body.memberIds].sort()]))
    .digest();

/** The group that this key created before, if any. */
const findReplay = async (db: Deps['db'], userId: string, body: Body): Promise<Created | null> => {
  const { idempotencyKey } = body;
  if (idempotencyKey === undefined) return null;
  const earlier = await db.chat.findUnique({
    where: { createdBy_idempotencyKey: { createdBy: userId, idempotencyKey } },
    select: { id: true, idempotencyHash: true },
  });
  if (!earlier) return null;
  if (!hashOf(body).equals(earlier.idempotencyHash!))
    throw new AppError('idempotency_conflict', 'This key was used for another group.');
  return { outcome: 'replayed', body: await readChat(db, userId, earlier.id) };
};

export const createGroup = async (
  { db, publish }: Pick<Deps, 'db' | 'publish'>,
  { userId }: Actor,
  body: Body,
): Promise<Created> => {
  const replay = await findReplay(db, userId, body);
  if (replay) return replay;
  const others = body.memberIds.filter((id) => id !== userId);
  await assertPeople(db, others);
  const id = v7();
  const people = [userId, ...others];
  try {
    await db.$transaction(async (tx) => {
      const versions = await bumpUserVersions(tx, people);
      await tx.chat.create({
        data: {
          id,
          isGroup: true,
          name: body.name,
          description: body.description ?? null,
          createdBy: userId,
          memberCount: people.length,
          ...(body.idempotencyKey !== undefined && {
            idempotencyKey: body.idempotencyKey,
            idempotencyHash: hashOf(body),
          }),
          members: {
            create: people.map((person) => ({
              userId: person,
              role: person === userId ? 'owner' : 'member',
              joinedSeq: 1,
              userVer: versions.get(person)!,
            })),
          },
        },
      });
    });
  } catch (error) {
    const raced =
      isUniqueViolation(error, 'chats_idempotency') && (await findReplay(db, userId, body));
    if (raced) return raced;
    throw error;
  }
  publish([{ chatId: id, memberEpoch: 0, changes: [], joined: people }]);
  return { outcome: 'created', body: await readChat(db, userId, id) };
};
