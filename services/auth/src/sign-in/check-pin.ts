import { randomBytes, scrypt } from 'node:crypto';
import { promisify } from 'node:util';
import { AppError } from '@taar/kit/errors';
import type { Deps } from '../deps.ts';
import { type AuthSecrets, sameBytes } from '../secrets.ts';

const derive = promisify<Uint8Array, Uint8Array, number, Buffer>(scrypt);
const saltBytes = 16;
const hashBytes = 32;

/**
 * Throws unless the PIN is the account's. A try is counted before the PIN is compared, so that
 * racing guesses all count. The last try locks the account for a while; then the count starts
 * again.
 */
export const checkPin = async (
  { db, secrets, config }: Pick<Deps, 'db' | 'secrets' | 'config'>,
  userId: string,
  pin: string,
) => {
  const [taken] = await db.$queryRaw<{ hash: string; tries: number }[]>`
    UPDATE user_pins
    SET tries = CASE WHEN locked_until <= now() THEN 1 ELSE tries + 1 END,
      locked_until = CASE
        WHEN (CASE WHEN locked_until <= now() THEN 1 ELSE tries + 1 END) >= ${config.PIN_TRIES}
        THEN now() + ${config.PIN_LOCK_SECONDS} * interval '1 s'
      END
    WHERE user_id = ${userId}::uuid AND (locked_until IS NULL OR locked_until <= now())
    RETURNING hash, tries`;
  if (!taken)
    throw new AppError('pin_attempts_exceeded', 'Too many wrong PINs. Try again later.', {
      retryAfterMs: await msUntilUnlocked({ db }, userId),
    });
  if (!(await isCorrect(secrets, pin, taken.hash)))
    throw new AppError('pin_invalid', 'The PIN is wrong.', {
      attemptsRemaining: config.PIN_TRIES - taken.tries,
    });
  await db.$executeRaw`
    UPDATE user_pins SET tries = 0, locked_until = NULL WHERE user_id = ${userId}::uuid`;
};

const msUntilUnlocked = async ({ db }: Pick<Deps, 'db'>, userId: string) => {
  const [pin] = await db.$queryRaw<{ ms: number }[]>`
    SELECT greatest(extract(epoch FROM locked_until - now()) * 1000, 0)::float8 AS ms
    FROM user_pins
    WHERE user_id = ${userId}::uuid`;
  return Math.ceil(pin?.ms ?? 0);
};

const isCorrect = async (secrets: AuthSecrets, pin: string, stored: string) => {
  const bytes = Buffer.from(stored, 'base64url');
  const hash = await hashWith(secrets, pin, bytes.subarray(0, saltBytes));
  return sameBytes(bytes.subarray(saltBytes), hash);
};

/** A random salt and the keyed hash of the PIN, in base64url. */
export const hashPin = async (secrets: AuthSecrets, pin: string) => {
  const salt = randomBytes(saltBytes);
  return Buffer.concat([salt, await hashWith(secrets, pin, salt)]).toString('base64url');
};

/** The key keeps a stolen copy of the table from being searched: a PIN has few possible values. */
const hashWith = (secrets: AuthSecrets, pin: string, salt: Uint8Array) =>
  derive(secrets.mac('pin', pin), salt, hashBytes);
