import { bumpUserVersion } from '@taar/domain/user-version';
import type { Backend } from './backend.ts';

type Needs = Pick<Backend, 'admin' | 'publish'>;
const kind = 'block';

/** Blocks a user as the user service does, which is not part of this test. */
export const blockUser = async (
  { admin, publish }: Needs,
  blockerId: string,
  blockedId: string,
) => {
  if (blockerId === blockedId) return;
  const userVer = await admin.$transaction(async (tx) => {
    const data = { blockerId, blockedId };
    const { count } = await tx.block.createMany({ data, skipDuplicates: true });
    if (count === 0) return null;
    const ver = await bumpUserVersion(tx, blockerId);
    await tx.block.updateMany({ where: data, data: { userVer: ver } });
    await tx.userRemoval.deleteMany({ where: { userId: blockerId, kind, ref: blockedId } });
    return ver;
  });
  if (userVer !== null) publish('my_state_updated', { users: [blockerId] }, { userVer });
};

export const unblockUser = async (
  { admin, publish }: Needs,
  blockerId: string,
  blockedId: string,
) => {
  const userVer = await admin.$transaction(async (tx) => {
    const { count } = await tx.block.deleteMany({ where: { blockerId, blockedId } });
    if (count === 0) return null;
    const ver = await bumpUserVersion(tx, blockerId);
    const removal = { userId: blockerId, kind, ref: blockedId };
    await tx.userRemoval.upsert({
      where: { userId_kind_ref: removal },
      create: { ...removal, userVer: ver },
      update: { userVer: ver },
    });
    return ver;
  });
  if (userVer !== null) publish('my_state_updated', { users: [blockerId] }, { userVer });
};
