import type { Input, userRest } from '@taar/contracts';
import { bumpUserVersion } from '@taar/domain/user-version';
import type { Actor } from '@taar/kit/auth';
import type { Deps } from '../deps.ts';

/** Messages that the block hid stay hidden. */
export const unblockUser = async (
  { db, publish }: Pick<Deps, 'db' | 'publish'>,
  { userId }: Actor,
  { userId: other }: Input<typeof userRest.unblockUser>,
): Promise<void> => {
  const userVer = await db.$transaction(async (tx) => {
    const gone = await tx.block.deleteMany({ where: { blockerId: userId, blockedId: other } });
    if (gone.count === 0) return undefined;
    const userVer = await bumpUserVersion(tx, userId);
    const removal = { userId, kind: 'block', ref: other };
    await tx.userRemoval.upsert({
      where: { userId_kind_ref: removal },
      create: { ...removal, userVer: BigInt(userVer) },
      update: { userVer: BigInt(userVer) },
    });
    return userVer;
  });
  if (userVer !== undefined) publish('my_state_updated', { users: [userId] }, { userVer });
};
