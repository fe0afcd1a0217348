import { describe, expect, test } from '@jest/globals';
import { owners } from '@taar/db';
import { erasureMap } from '../src/erasure/erasure-map.ts';
import type { TableRules } from '../src/erasure/rules.ts';
import { type Column, readColumns } from './prisma-schema.ts';

type Rules = Record<string, TableRules>;

/** What can hold something of a person: ids, text, JSON, bytes. */
const telling = new Set(['String', 'Json', 'Bytes']);
/** Names that ids of people go by, with or without a foreign key. */
const nameOfPerson =
  /(^|_)(user|owner|viewer|sender|reporter|blocker|blocked|creator|muted|other)_id$|(^|_)by$|^visible_to$/;

/** Columns that nobody has decided on, or that were decided on twice. */
const undecided = (columns: Column[], rules: Rules) =>
  columns.flatMap(({ table, column, type, toUser }) => {
    const { people = {}, personal = [], impersonal = [] } = rules[table] ?? {};
    const decisions = [
      Object.hasOwn(people, column),
      personal.includes(column),
      impersonal.includes(column),
    ].filter(Boolean).length;
    const ofPerson = toUser || (telling.has(type) && nameOfPerson.test(column));
    const decided = ofPerson ? Object.hasOwn(people, column) : decisions === 1;
    // A person's own row is named by its id.
    const both = Object.hasOwn(people, column) && decisions === 2;
    return (ofPerson || telling.has(type)) && !decided && !both ? [`${table}.${column}`] : [];
  });

const columns = readColumns();

describe('the erasure map', () => {
  test('has a rule for every column of the schema that could tell of a person', () => {
    expect(columns.length).toBeGreaterThan(200);
    expect(undecided(columns, erasureMap)).toEqual([]);
  });

  test('has an entry for every table, and none for what is not there', () => {
    expect(Object.keys(erasureMap).toSorted()).toEqual(Object.keys(owners).toSorted());
    const known = new Set(columns.map(({ table, column }) => `${table}.${column}`));
    const named = Object.entries<TableRules>(erasureMap).flatMap(
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
    expect(named.filter((name) => !known.has(name))).toEqual([]);
  });

  test('leaves nothing personal in a row that stays, but for a stated reason', () => {
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
    undecided(readColumns(schema(fields)), {
      users: { people: { id: { fate: 'delete' } } },
      notes,
    });

  test('finds a new column that points at a person', () => {
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

  test('finds one that does so by its name alone, and new text of any kind', () => {
    const fields = '  closedBy String? @map("closed_by") @db.Uuid\n  words Json\n  count Int';
    expect(check(fields, { people: {}, impersonal: ['id', 'closed_by'] })).toEqual([
      'notes.closed_by',
      'notes.words',
    ]);
  });

  test('finds a new table', () => {
    const text = schema('  words String');
    expect(undecided(readColumns(text), { users: { people: { id: { fate: 'delete' } } } })).toEqual(
      ['notes.id', 'notes.words'],
    );
  });
});
