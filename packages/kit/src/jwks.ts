import { type KeyObject, createPublicKey } from 'node:crypto';
import { type Infer, authRest } from '@taar/contracts';
import { AppError } from './errors.ts';
import type { Logger } from './logger.ts';

/** The public key of a `kid`, or undefined; throws where that cannot be told. */
export type FindKey = (kid: string) => Promise<KeyObject | undefined>;

const minRefreshMs = 5_000;
/** For so long a key is trusted that was withdrawn, as one is that was stolen. */
const maxAgeMs = 300_000;
const timeoutMs = 3_000;

const fetchKeys = async (url: string) => {
  const response = await fetch(url, { signal: AbortSignal.timeout(timeoutMs) });
  if (!response.ok) throw new Error(`the key set answered ${response.status}`);
  const { output } = authRest.listKeys;
  const { error, value } = output.validate(await response.json(), { convert: false });
  if (error) throw new Error('the key set is not valid');
  const { keys } = value as Infer<typeof output>;
  return new Map(keys.map((key) => [key.kid, createPublicKey({ key, format: 'jwk' })]));
};

/**
 * Keys of the auth service, cached; an unknown `kid` has them fetched again, at most every five
 * seconds, so that a forged `kid` cannot make us hammer the auth service. So does their age, for
 * which nobody waits.
 */
export const createFindKey = (
  url: string,
  logger: Logger,
  pauseMs = minRefreshMs,
  ageMs = maxAgeMs,
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
      logger.warn('the key set could not be fetched', { error });
      if (keys.size === 0) fetchedAt = -Infinity;
    }
  };

  const refreshAfter = (ms: number) => {
    if (performance.now() - fetchedAt < ms) return;
    fetchedAt = performance.now();
    fetching = refresh();
  };

  return async (kid) => {
    const known = keys.get(kid);
    if (known) {
      refreshAfter(ageMs);
      return known;
    }
    refreshAfter(pauseMs);
    await fetching;
    const key = keys.get(kid);
    // The token may be genuine: whoever holds it must come again, and not sign in anew.
    if (!key && isAway)
      throw new AppError('dependency_unavailable', 'Keys are out of reach.', {
        retryAfterMs: minRefreshMs,
      });
    return key;
  };
};
