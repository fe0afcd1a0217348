import { fromCursor, toCursor } from '@taar/kit/cursor';
import { invalidField } from '@taar/kit/edge';

/** Where a list that is sorted by a time and an id goes on. */
export type Place = { at: Date; id: string };

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

export const toPlaceCursor = (filters: unknown, { at, id }: Place) =>
  toCursor(filters, [at.toISOString(), id]);

/** Reads what `toPlaceCursor` wrote; whatever somebody made up, the database gets a time and an id. */
export const fromPlaceCursor = (filters: unknown, cursor: string): Place => {
  const [time, id] = fromCursor(filters, cursor, 2);
  const at = new Date(String(time));
  if (Number.isNaN(at.getTime()) || typeof id !== 'string' || !uuid.test(id))
    throw invalidField('cursor', 'cursor.invalid');
  return { at, id };
};
