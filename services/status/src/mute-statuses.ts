import type { Input, statusRest } from '@taar/contracts';
import type { Actor } from '@taar/kit/auth';
import { AppError } from '@taar/kit/errors';
import type { Deps } from './deps.ts';

export const muteStatuses = async (
  { db }: Pick<Deps, 'db'>,
  { userId }: Actor,
  { userId: mutedId }: Input<typeof statusRest.muteStatuses>,
) => {
  // Contacts alone, so that the answer does not reveal whether any other user exists.
  const contact = await db.contact.findFirst({ where: { ownerId: userId, userId: mutedId } });
  if (!contact) throw new AppError('user_not_found', 'You have no such contact.');
  await db.statusMute.createMany({ data: [{ userId, mutedId }], skipDuplicates: true });
};
