import type { Input, statusRest } from '@taar/contracts';
import type { Actor } from '@taar/kit/auth';
import { AppError } from '@taar/kit/errors';
import type { Deps } from './deps.ts';

export const muteStatuses = async (
  { db }: Pick<Deps, 'db'>,
  { userId }: Actor,
  { userId: mutedId }: Input<typeof statusRest.muteStatuses>,
) => {
  // Only of a contact is there anything to mute; of others nobody learns whether they exist.
  const contact = await db.contact.findFirst({ where: { ownerId: userId, userId: mutedId } });
  if (!contact) throw new AppError('user_not_found', 'No such contact.');
  await db.statusMute.createMany({ data: [{ userId, mutedId }], skipDuplicates: true });
};
