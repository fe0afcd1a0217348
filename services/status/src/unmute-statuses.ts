import type { Input, statusRest } from '@taar/contracts';
import type { Actor } from '@taar/kit/auth';
import type { Deps } from './deps.ts';

export const unmuteStatuses = async (
  { db }: Pick<Deps, 'db'>,
  { userId }: Actor,
  { userId: mutedId }: Input<typeof statusRest.unmuteStatuses>,
) => {
  await db.statusMute.deleteMany({ where: { userId, mutedId } });
};
