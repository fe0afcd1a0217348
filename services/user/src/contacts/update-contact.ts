import { type Input, type Output, nameSizes, type userRest } from '@taar/contracts';
import { cleanName } from '@taar/domain/profile-text';
import { bumpUserVersion } from '@taar/domain/user-version';
import type { Actor } from '@taar/kit/auth';
import { AppError } from '@taar/kit/errors';
import type { Deps } from '../deps.ts';
import { findContacts, toContact } from './queries.ts';

type UpdateContact = typeof userRest.updateContact;

/** Changes an entry, named by its own id or its user's. */
export const updateContact = async (
  { db, publish }: Pick<Deps, 'db' | 'publish'>,
  { userId }: Actor,
  { userId: entry, name, favorite }: Input<UpdateContact>,
): Promise<Output<UpdateContact>> => {
  const newName = name === undefined ? null : cleanName(name, nameSizes.contact);
  const { id, userVer } = await db.$transaction(async (tx) => {
    const [updated] = await tx.$queryRaw<{ id: string }[]>`
      UPDATE contacts
      SET name = coalesce(${newName}, name),
        favorite = coalesce(${favorite ?? null}::boolean, favorite)
      WHERE owner_id = ${userId}::uuid AND (id = ${entry}::uuid OR user_id = ${entry}::uuid)
      RETURNING id`;
    if (!updated) throw new AppError('user_not_found', 'The address book has no such entry.');
    const userVer = await bumpUserVersion(tx, userId);
    await tx.$executeRaw`
      UPDATE contacts
      SET user_ver = ${userVer}
      WHERE owner_id = ${userId}::uuid AND id = ${updated.id}::uuid`;
    return { id: updated.id, userVer };
  });
  publish('my_state_updated', { users: [userId] }, { userVer });
  const row = (await findContacts(db, userId, [id])).get(id);
  if (!row) throw new AppError('user_not_found', 'The address book has no such entry.');
  return toContact(row);
};
