import { createHash } from 'node:crypto';
import { invalidField } from './edge.ts';

type Key = (string | number | null)[];

const hashOf = (filters: unknown) =>
  createHash('sha256').update(JSON.stringify(filters)).digest('base64url').slice(0, 8);

/** The opaque place where a list goes on: the last sort key, bound to the list's filters. */
export const toCursor = (filters: unknown, key: Key): string =>
  Buffer.from(JSON.stringify([hashOf(filters), ...key])).toString('base64url');

/** Reads a cursor of this list under these filters; any other is refused. */
export const fromCursor = (filters: unknown, cursor: string, length: number): Key => {
  try {
    const [hash, ...key] = JSON.parse(Buffer.from(cursor, 'base64url').toString()) as Key;
    const plain = key.every((part) => part === null || ['string', 'number'].includes(typeof part));
    if (hash === hashOf(filters) && key.length === length && plain) return key;
  } catch {
    // Not ours: refused below like any other.
  }
  throw invalidField('cursor', 'cursor.invalid');
};
