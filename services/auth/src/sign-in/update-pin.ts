import type { Input, authRest } from '@taar/contracts';
import type { Actor } from '@taar/kit/auth';
import { AppError } from '@taar/kit/errors';
import type { Deps } from '../deps.ts';
import { checkPin, hashPin } from './check-pin.ts';

/** Sets, changes or removes the PIN. It takes the existing one: an unlocked phone is not enough. */
export const updatePin = async (
  deps: Pick<Deps, 'db' | 'secrets' | 'config'>,
  { userId }: Actor,
  { pin, currentPin }: Input<typeof authRest.updatePin>,
) => {
  const { db, secrets } = deps;
  const existing = await db.userPin.findUnique({ where: { userId } });
  if (existing && currentPin === undefined)
    throw new AppError('pin_required', 'Send the current PIN too.');
  if (existing && currentPin !== undefined) await checkPin(deps, userId, currentPin);
  if (pin === null) {
    await db.userPin.deleteMany({ where: { userId } });
    return;
  }
  const hash = await hashPin(secrets, pin);
  const set = await db.$executeRaw`
    INSERT INTO user_pins AS stored (user_id, hash)
    VALUES (${userId}::uuid, ${hash})
    ON CONFLICT (user_id) DO UPDATE
      SET hash = excluded.hash, updated_at = now()
      WHERE stored.hash = ${existing?.hash ?? ''}`;
  if (set === 0) throw new AppError('conflict', 'Another request has changed the PIN.');
};
