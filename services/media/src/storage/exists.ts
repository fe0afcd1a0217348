import { LRUCache } from 'lru-cache';
import { AppError } from '@taar/kit/errors';
import type { Storage } from './storage.ts';

const max = 50_000;
const ttl = 5 * 60 * 1_000;

/** Whether an object is there, remembered for a while as it is asked before every redirect. */
export const createExists = ({ sizeOf }: Pick<Storage, 'sizeOf'>) => {
  const known = new LRUCache<string, true>({ max, ttl });
  return async (key: string): Promise<boolean> => {
    if (known.has(key)) return true;
    try {
      if ((await sizeOf(key)) === null) return false;
    } catch (error) {
      // The content network may well have it while the store does not answer.
      if (error instanceof AppError) return true;
      throw error;
    }
    known.set(key, true);
    return true;
  };
};
