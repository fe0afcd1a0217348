import { randomBytes, scrypt } from 'node:crypto';
import { promisify } from 'node:util';
import { AppError } from '@taar/kit/errors';
import type { Deps } from '../deps.ts';
import { type Secrets, sameBytes } from '../secrets.ts';

const derive = promisify<Uint8Array, Uint8Array, number, Buffer>(scrypt);
const saltBytes = 16;
const hashBytes = 32;

const hashWith = (secrets: Secrets, pin: string, salt: Uint8Array) =>
  // Few digits are soon guessed: a copy of the table alone must not suffice, hence the key.
  derive(secrets.mac('pin', pin), salt, hashBytes);

/** A PIN as it is stored. */
export const hashPin = async (secrets: Secrets, pin: string) => {
  const salt = randomBytes(saltBytes);
  return Buffer.concat([salt, await hashWith(secrets, pin, salt)]).toString('base64url');
};

const isRight = async (secrets: Secrets, pin: string, stored: string) => {
  const bytes = Buffer.from(stored, 'base64url');
  const hash = await hashWith(secrets, pin, bytes.subarray(0, saltBytes));
  return sameBytes(bytes.subarray(saltBytes), hash);
};

const lockedMs = async ({ db }: Pick<Deps, 'db'>, userId: string) => {
  const [pin] = await db.$queryRaw<{ ms: number }[]>`
    SELECT greatest(extract(epoch FROM locked_until - now()) * 1000, 0)::float8 AS ms
    FROM user_pins WHERE user_id = ${userId}::uuid`;
  return Math.ceil(pin?.ms ?? 0);
};

/**
 * Throws unless the PIN of the account is this one. A try is taken before the PIN is looked at;
 * with the last one the account is locked for a while, and then there are as many again.
 */
export const checkPin = async (
  { db, secrets, config }: Pick<Deps, 'db' | 'secrets' | 'config'>,
  userId: string,
  pin: string,
) => {
  const [taken] = await db.$queryRaw<{ hash: string; tries: number }[]>`
    UPDATE user_pins SET
      tries = CASE WHEN locked_until <= now() THEN 1 ELSE tries + 1 END,
      locked_until = CASE
        WHEN (CASE WHEN locked_until <= now() THEN 1 ELSE tries + 1 END) >= ${config.PIN_TRIES}
        THEN now() + ${config.PIN_LOCK_SECONDS} * interval '1 s' END
    WHERE user_id = ${userId}::uuid AND (locked_until IS NULL OR locked_until <= now())
    RETURNING hash, tries`;
  if (!taken)
    throw new AppError('pin_attempts_exceeded', 'Too many wrong PINs.', {
      retryAfterMs: await lockedMs({ db }, userId),
    });
  if (!(await isRight(secrets, pin, taken.hash)))
    throw new AppError('pin_invalid', 'The PIN is wrong.', {
      attemptsRemaining: config.PIN_TRIES - taken.tries,
    });
  await db.$executeRaw`
    UPDATE user_pins SET tries = 0, locked_until = NULL WHERE user_id = ${userId}::uuid`;
};
