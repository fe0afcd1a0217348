import type { Input, Output, authRest } from '@taar/contracts';
import { meOrThrow } from '@taar/domain/me';
import { publishProfile, changeProfile, changedFields } from '@taar/domain/profile';
import type { Actor } from '@taar/kit/auth';
import type { Deps } from './deps.ts';

type UpdateProfile = typeof authRest.updateProfile;

/** Changes the profile like `PUT /users/me`, for the last step of signing up. */
export const updateProfile = async (
  { db, publish }: Pick<Deps, 'db' | 'publish'>,
  { userId }: Actor,
  change: Input<UpdateProfile>,
): Promise<Output<UpdateProfile>> => {
  const me = await db.$transaction(async (tx) => {
    await changeProfile(tx, userId, change);
    return meOrThrow(tx, userId);
  });
  await publishProfile(db, publish, userId, changedFields(change));
  return me;
};
