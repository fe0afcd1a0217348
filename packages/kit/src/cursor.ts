import { createHash } from 'node:crypto';
import { type AnySchema, integer, text, time, uuid } from '@taar/contracts';
import { invalidField } from './edge.ts';

/** The forms of the parts of a sort key. A forged cursor must not reach the database unchecked. */
const parts = {
  time: time(),
  uuid: uuid(),
  text: text(1_024),
  // The type int of PostgreSQL.
  number: integer(0, 2_147_483_647),
} satisfies Record<string, AnySchema>;
type Part = keyof typeof parts;
type ValueOf<P extends Part> = P extends 'number' ? number : string;
type KeyOf<P extends readonly Part[]> = { -readonly [I in keyof P]: ValueOf<P[I]> };
type SortKey = (string | number | Date)[];

/** The page size of lists whose caller names none. */
export const defaultLimit = 50;

/** Cuts the rows of a query with `LIMIT limit + 1` to one page; `keyOf` is a row's sort key. */
export const cutPage = <Row>(
  rows: Row[],
  { filters, limit }: { filters: unknown; limit: number },
  keyOf: (row: Row) => SortKey,
) => {
  const page = rows.slice(0, limit);
  const last = rows.length > limit ? page.at(-1) : undefined;
  return { page, nextCursor: last ? toCursor(filters, keyOf(last)) : null };
};

/** The opaque position at which a list continues: its last sort key, bound to its filters. */
export const toCursor = (filters: unknown, key: SortKey): string =>
  Buffer.from(JSON.stringify([hashOf(filters), ...key])).toString('base64url');

/** Reads a cursor of this list with these filters. Throws `validation_failed` for any other. */
export const fromCursor = <const P extends readonly Part[]>(
  filters: unknown,
  cursor: string,
  shape: P,
): KeyOf<P> => {
  try {
    const [hash, ...key] = JSON.parse(Buffer.from(cursor, 'base64url').toString()) as unknown[];
    if (hash === hashOf(filters) && isKey(key, shape)) return key as KeyOf<P>;
  } catch {
    // The cursor is not JSON: it is rejected below.
  }
  throw invalidField('cursor', 'cursor.invalid');
};

const hashOf = (filters: unknown) =>
  createHash('sha256').update(JSON.stringify(filters)).digest('base64url').slice(0, 8);

const isKey = (key: unknown[], shape: readonly Part[]) =>
  key.length === shape.length &&
  shape.every((part, i) => !parts[part].required().validate(key[i], { convert: false }).error);
