import { fromCursor, toCursor } from '@taar/kit/cursor';

/** Where a list that is sorted by a time and an id goes on. */
export type Place = { at: Date; id: string };

export const toPlaceCursor = (filters: unknown, { at, id }: Place) =>
  toCursor(filters, [at.toISOString(), id]);

export const fromPlaceCursor = (filters: unknown, cursor: string): Place => {
  const [time, id] = fromCursor(filters, cursor, ['time', 'uuid']);
  return { at: new Date(time), id };
};
