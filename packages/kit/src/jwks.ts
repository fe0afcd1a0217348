import { type KeyObject, createPublicKey } from 'node:crypto';
import { type Infer, authRest } from '@taar/contracts';
import { AppError } from './errors.ts';
import type { Logger } from './logger.ts';

/** The public key with this `kid`, or undefined. Throws when the auth service is out of reach. */
export type FindKey = (kid: string) => Promise<KeyObject | undefined>;

const defaultCooldownMs = 5_000;
/** The longest time for which a withdrawn key, such as a stolen one, is still trusted. */
const defaultMaxAgeMs = 300_000;
const timeoutMs = 3_000;

/**
 * Caches the key set of the auth service. An unknown `kid` causes a fetch, at most one in each
 * cooldown, so that forged ids cannot flood the auth service. An old set is refreshed in the
 * background.
 */
export const createFindKey = (
  url: string,
  logger: Logger,
  cooldownMs = defaultCooldownMs,
  maxAgeMs = defaultMaxAgeMs,
): FindKey => {
  let keys = new Map<string, KeyObject>();
  let fetchedAt = -Infinity;
  let isAway = false;
  let fetching: Promise<void> | undefined;

  const refresh = async () => {
    try {
      keys = await fetchKeys(url);
      isAway = false;
    } catch (error) {
      isAway = true;
      logger.warn('The key set could not be fetched.', { error });
      if (keys.size === 0) fetchedAt = -Infinity;
    }
  };

  const refreshIfOlderThan = (ms: number) => {
    if (performance.now() - fetchedAt < ms) return;
    fetchedAt = performance.now();
    fetching = refresh();
  };

  return async (kid) => {
    const known = keys.get(kid);
    if (known) {
      refreshIfOlderThan(maxAgeMs);
      return known;
    }
    refreshIfOlderThan(cooldownMs);
    await fetching;
    const key = keys.get(kid);
    // The token may be genuine, so the client must try again rather than sign in again.
    if (!key && isAway)
      throw new AppError(
        'dependency_unavailable',
        'The access token cannot be checked at the moment. Try again shortly.',
        { retryAfterMs: defaultCooldownMs },
      );
    return key;
  };
};

const fetchKeys = async (url: string) => {
  const response = await fetch(url, { signal: AbortSignal.timeout(timeoutMs) });
  if (!response.ok) throw new Error(`The request for the key set failed with ${response.status}.`);
  const { output } = authRest.listKeys;
  const { error, value } = output.validate(await response.json(), { convert: false });
  if (error) throw new Error('The key set is not valid.');
  const { keys } = value as Infer<typeof output>;
  return new Map(keys.map((key) => [key.kid, createPublicKey({ key, format: 'jwk' })]));
};
