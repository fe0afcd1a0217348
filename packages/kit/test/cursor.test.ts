import { describe, expect, test } from '@jest/globals';
import { cutPage, fromCursor, toCursor } from '../src/cursor.ts';
import { AppError } from '../src/errors.ts';

describe('cursors', () => {
  test('are valid only for the list and filters that they come from', () => {
    const cursor = toCursor(['all'], ['a', 7]);
    expect(fromCursor(['all'], cursor, ['text', 'number'])).toEqual(['a', 7]);
    for (const read of [
      () => fromCursor(['unread'], cursor, ['text', 'number']),
      () => fromCursor(['all'], cursor, ['text']),
      () => fromCursor(['all'], cursor, ['uuid', 'number']),
      () => fromCursor(['all'], cursor, ['text', 'time']),
      () => fromCursor(['all'], `${cursor}x`, ['text']),
      () => fromCursor(['all'], 'null', []),
      // Anybody can make a cursor: a number that the database cannot hold must not reach it.
      () => fromCursor(['all'], toCursor(['all'], [2 ** 31]), ['number']),
      () => fromCursor(['all'], toCursor(['all'], [-1]), ['number']),
    ])
      expect(read).toThrow(AppError);
  });

  test('a page ends with a cursor only where more rows follow', () => {
    const filters = ['all'];
    const keyOf = (row: number) => [row];
    const { page, nextCursor } = cutPage([1, 2, 3], { filters, limit: 2 }, keyOf);

    expect(page).toEqual([1, 2]);
    expect(fromCursor(filters, nextCursor!, ['number'])).toEqual([2]);
    expect(cutPage([3], { filters, limit: 2 }, keyOf)).toEqual({ page: [3], nextCursor: null });
  });
});
