import type { Input, userRest } from '@taar/contracts';
import type { ServiceTx } from '@taar/db';
import { enqueue } from '@taar/runtime/outbox/enqueue';
import { topics } from '@taar/runtime/topics';
import { bumpUserVersion } from '@taar/domain/user-version';
import type { Actor } from '@taar/kit/auth';
import { invalidField } from '@taar/kit/edge';
import { AppError } from '@taar/kit/errors';
import type { Deps } from '../deps.ts';

/** Only inserts the block: every later read and send looks at it. */
export const blockUser = async (
  { db, publish }: Pick<Deps, 'db' | 'publish'>,
  { userId }: Actor,
  { userId: other }: Input<typeof userRest.blockUser>,
): Promise<void> => {
  if (other === userId) throw invalidField('userId', 'user.self');
  const userVer = await db.$transaction(async (tx) => {
    const known = await tx.user.findUnique({ where: { id: other }, include: { state: true } });
    if (!known || known.state?.deletedAt) throw new AppError('user_not_found', 'No such user.');
    return insertBlock(tx, userId, other);
  });
  if (userVer !== undefined) publish('my_state_updated', { users: [userId] }, { userVer });
};

/** Returns the blocker's new private version, or undefined if the block exists already. */
export const insertBlock = async (
  tx: ServiceTx<'user'>,
  blockerId: string,
  blockedId: string,
): Promise<number | undefined> => {
  const added = await tx.block.createMany({ data: { blockerId, blockedId }, skipDuplicates: true });
  if (added.count === 0) return undefined;
  const payload = { otherId: blockedId };
  await enqueue(tx, { topic: topics.hidePresence, key: blockerId, payload });
  const userVer = await bumpUserVersion(tx, blockerId);
  await tx.block.updateMany({
    where: { blockerId, blockedId },
    data: { userVer: BigInt(userVer) },
  });
  await tx.userRemoval.deleteMany({ where: { userId: blockerId, kind: 'block', ref: blockedId } });
  return userVer;
};
