import { describe, expect, test } from '@jest/globals';
import { owners } from '@taar/db';
import { erasureMap } from '../src/erasure/erasure-map.ts';
import type { TableRules } from '../src/erasure/rules.ts';
import { type Column, readColumns } from './prisma-schema.ts';

type Rules = Record<string, TableRules>;

/** Types of columns that can hold personal data. */
const personalTypes = new Set(['String', 'Json', 'Bytes']);
/** Names of columns that hold the id of a user, with or without a foreign key. */
const userColumn =
  /(^|_)(user|owner|viewer|sender|reporter|blocker|blocked|creator|muted|other)_id$|(^|_)by$|^visible_to$/;

/** Columns without a rule, or with more than one. */
const listUnruled = (columns: Column[], rules: Rules) =>
  columns.flatMap(({ table, column, type, toUser }) => {
    const { people = {}, personal = [], impersonal = [] } = rules[table] ?? {};
    const rulesOfColumn = [
      Object.hasOwn(people, column),
      personal.includes(column),
      impersonal.includes(column),
    ].filter(Boolean).length;
    const holdsUser = toUser || (personalTypes.has(type) && userColumn.test(column));
    const isRuled = holdsUser ? Object.hasOwn(people, column) : rulesOfColumn === 1;
    // The id of `users` names the user and is personal data itself.
    const isOwnId = Object.hasOwn(people, column) && rulesOfColumn === 2;
    return (holdsUser || personalTypes.has(type)) && !isRuled && !isOwnId
      ? [`${table}.${column}`]
      : [];
  });

const columns = readColumns();

describe('the erasure map', () => {
  test('has a rule for every column of the schema that could hold personal data', () => {
    expect(columns.length).toBeGreaterThan(200);
    expect(listUnruled(columns, erasureMap)).toEqual([]);
  });

  test('has an entry for every table, and names no table or column that does not exist', () => {
    expect(Object.keys(erasureMap).toSorted()).toEqual(Object.keys(owners).toSorted());
    const known = new Set(columns.map(({ table, column }) => `${table}.${column}`));
    const mapped = Object.entries<TableRules>(erasureMap).flatMap(
      ([table, { people, personal = [], impersonal = [] }]) =>
        [
          ...Object.keys(people),
          ...personal,
          ...impersonal,
          ...Object.values(people).flatMap((rule) => [
            ...(rule.exports ? [rule.exports.by, ...rule.exports.columns] : []),
            ...(rule.fate === 'clear' ? Object.keys(rule.set) : []),
            ...(rule.fate === 'withdraw' ? [rule.of, rule.ref] : []),
          ]),
        ].map((column) => `${table}.${column}`),
    );
    expect(mapped.filter((name) => !known.has(name))).toEqual([]);
  });

  test('clears the personal data of a row that it keeps without a reason', () => {
    const left = Object.entries<TableRules>(erasureMap).flatMap(
      ([table, { people, personal = [] }]) => {
        const rules = Object.values(people);
        if (rules.some(({ fate }) => ['delete', 'withdraw', 'step', 'keep'].includes(fate)))
          return [];
        const cleared = rules.flatMap((rule) =>
          rule.fate === 'clear' ? Object.keys(rule.set) : [],
        );
        return personal.filter((name) => !cleared.includes(name)).map((name) => `${table}.${name}`);
      },
    );
    expect(left).toEqual([]);
  });
});

describe('the check of the erasure map', () => {
  const schema = (fields: string) => `model User {\n  id String @id\n\n  @@map("users")\n}
model Note {\n  id String @id\n${fields}\n\n  @@map("notes")\n}\n`;
  const check = (fields: string, notes: TableRules) =>
    listUnruled(readColumns(schema(fields)), {
      users: { people: { id: { fate: 'delete' } } },
      notes,
    });

  test('finds a new column with a foreign key to a user', () => {
    const fields = [
      '  authorId String @map("author_id") @db.Uuid',
      '  author User @relation(fields: [authorId], references: [id])',
    ].join('\n');
    expect(check(fields, { people: {}, impersonal: ['id', 'author_id'] })).toEqual([
      'notes.author_id',
    ]);
    expect(
      check(fields, { people: { author_id: { fate: 'delete' } }, impersonal: ['id'] }),
    ).toEqual([]);
  });

  test('finds a new column that holds a user by its name, and a new column of text', () => {
    const fields = '  closedBy String? @map("closed_by") @db.Uuid\n  words Json\n  count Int';
    expect(check(fields, { people: {}, impersonal: ['id', 'closed_by'] })).toEqual([
      'notes.closed_by',
      'notes.words',
    ]);
  });

  test('finds a new table', () => {
    const text = schema('  words String');
    expect(
      listUnruled(readColumns(text), { users: { people: { id: { fate: 'delete' } } } }),
    ).toEqual(['notes.id', 'notes.words']);
  });
});
