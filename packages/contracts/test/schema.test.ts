import { describe, expect, test } from '@jest/globals';
import {
  type AnySchema,
  anyTime,
  jsonObject,
  object,
  optional,
  phoneNumber,
  queryBoolean,
  queryInteger,
  text,
  time,
  uuid,
  visibleText,
} from '../src/index.ts';

const accepts = (schema: AnySchema, value: unknown) =>
  schema.required().validate(value, { convert: false }).error === undefined;

describe('the schema builders', () => {
  test('an object needs all keys but the optional ones, and allows no others', () => {
    const schema = object({ a: text(3), b: optional(text(3)) });
    expect(accepts(schema, { a: 'x' })).toBe(true);
    expect(accepts(schema, { b: 'x' })).toBe(false);
    expect(accepts(schema, { a: 'x', c: 'x' })).toBe(false);
    expect(accepts(schema, { a: 'x', b: null })).toBe(false);
  });

  test.each([
    ['2099-08-01T10:00:00Z', '2099-08-01T10:00:00.000Z'],
    ['2099-08-01T10:00:00.5Z', '2099-08-01T10:00:00.500Z'],
    ['2099-08-01T10:00:00.123456789Z', '2099-08-01T10:00:00.123Z'],
    ['2099-08-01T16:00:00+06:00', '2099-08-01T10:00:00.000Z'],
    ['2099-08-01T00:30:00+05:45', '2099-07-31T18:45:00.000Z'],
    ['2099-08-01t10:00:00z', '2099-08-01T10:00:00.000Z'],
    ['2099-08-01 10:00:00-00:00', '2099-08-01T10:00:00.000Z'],
    ['2016-12-31T23:59:60Z', '2016-12-31T23:59:59.999Z'],
  ])('the time %s of RFC 3339 is read as %s', (sent, read) => {
    expect(anyTime().validate(sent, { convert: false })).toEqual({ value: read });
  });

  test.each([
    '2099-02-30T10:00:00Z',
    '2099-08-01T25:00:00Z',
    '2099-08-01T10:00:00',
    '2099-08-01T10:00Z',
    '2099-08-01T10:00:00+25:00',
    '2099-08-01',
    '1969-12-31T23:59:59Z',
    '4089880800000',
  ])('the text %s is no time of RFC 3339', (sent) => {
    expect(accepts(anyTime(), sent)).toBe(false);
  });

  test('text is measured in code points, and allows only what PostgreSQL and UTF-8 can store', () => {
    expect(accepts(text(3), '😀😀😀')).toBe(true);
    expect(accepts(text(3), '😀😀😀😀')).toBe(false);
    expect(accepts(text(3), '')).toBe(true);
    expect(accepts(text(3, 1), '')).toBe(false);
    expect(accepts(text(3), 'a\u0000')).toBe(false);
    expect(accepts(text(3), '\uD800')).toBe(false);
    expect(accepts(visibleText(9), ' \u200B\u202E\u3164')).toBe(false);
    expect(accepts(visibleText(9), ' a ')).toBe(true);
  });

  test('ids are lower case and dashed, numbers E.164, times UTC with milliseconds', () => {
    const id = '0190d3b4-7c1e-7000-8000-0123456789ab';
    expect(accepts(uuid(), id)).toBe(true);
    for (const other of [id.toUpperCase(), `{${id}}`, id.replaceAll('-', ''), `${id}\n`])
      expect(accepts(uuid(), other)).toBe(false);
    expect(accepts(phoneNumber(), '+919876543210')).toBe(true);
    for (const other of ['919876543210', '+0123456789', '+91 98765', '＋919876543210'])
      expect(accepts(phoneNumber(), other)).toBe(false);
    expect(accepts(time(), new Date().toISOString())).toBe(true);
    expect(accepts(time(), '2026-01-01T00:00:00+01:00')).toBe(false);
  });

  test('a query accepts digits and words, and rejects other spellings of them', () => {
    expect(queryInteger(1, 100).validate('50', { convert: false })).toMatchObject({ value: 50 });
    for (const other of ['0', '101', '1e2', ' 10', '010', '-1', '', ['1'], 1])
      expect(accepts(queryInteger(1, 100), other)).toBe(false);
    expect(queryBoolean().validate('false', { convert: false })).toMatchObject({ value: false });
    expect(accepts(queryBoolean(), '1')).toBe(false);
  });

  test('a JSON object of a client is bounded in size and depth, and contains valid text', () => {
    const schema = jsonObject(50, 2);
    expect(accepts(schema, { a: { b: 1 } })).toBe(true);
    expect(accepts(schema, { a: { b: { c: 1 } } })).toBe(false);
    expect(accepts(schema, { a: 'x'.repeat(60) })).toBe(false);
    expect(accepts(schema, { 'a\u0000': 1 })).toBe(false);
  });
});
