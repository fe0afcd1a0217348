import type { Input, userRest } from '@taar/contracts';
import { bumpUserVersion } from '@taar/domain/user-version';
import type { Actor } from '@taar/kit/auth';
import type { Deps } from '../deps.ts';

/** Removes an entry, named by its own id or its user's. A repeated request changes nothing. */
export const deleteContact = async (
  { db, publish }: Pick<Deps, 'db' | 'publish'>,
  { userId }: Actor,
  { userId: entry }: Input<typeof userRest.deleteContact>,
): Promise<void> => {
  const userVer = await db.$transaction(async (tx) => {
    const deleted = await tx.$queryRaw<{ id: string }[]>`
      DELETE FROM contacts
      WHERE owner_id = ${userId}::uuid AND (id = ${entry}::uuid OR user_id = ${entry}::uuid)
      RETURNING id`;
    if (deleted.length === 0) return undefined;
    const userVer = await bumpUserVersion(tx, userId);
    await tx.userRemoval.createMany({
      data: deleted.map(({ id }) => ({
        userId,
        kind: 'contact',
        ref: id,
        userVer: BigInt(userVer),
      })),
    });
    return userVer;
  });
  if (userVer !== undefined) publish('my_state_updated', { users: [userId] }, { userVer });
};
