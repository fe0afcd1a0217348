import { LRUCache } from 'lru-cache';
import { AppError } from '@taar/kit/errors';
import type { Storage } from './storage.ts';

const max = 50_000;
const ttl = 5 * 60 * 1_000;

/** Tells whether the bucket holds an object. Caches a yes, since every redirect asks. */
export const createExists = ({ sizeOf }: Pick<Storage, 'sizeOf'>) => {
  const known = new LRUCache<string, true>({ max, ttl });
  return async (key: string): Promise<boolean> => {
    if (known.has(key)) return true;
    try {
      if ((await sizeOf(key)) === null) return false;
    } catch (error) {
      // CloudFront may have the object cached while the store is unavailable.
      if (error instanceof AppError) return true;
      throw error;
    }
    known.set(key, true);
    return true;
  };
};
