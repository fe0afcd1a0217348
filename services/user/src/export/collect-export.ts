import { Prisma, type UserDb } from '@taar/db';
import { erasureMap } from '@taar/domain/erasure/erasure-map';
import type { Rule } from '@taar/domain/erasure/rules';

type Exporting = Rule & { exports: NonNullable<Rule['exports']> };
type Sql = Pick<UserDb, '$queryRaw'>;

const pageSize = 1_000;

const camelCase = (column: string) =>
  column.replace(/_(\w)/g, (_whole, letter: string) => letter.toUpperCase());

const pages = async function* (
  db: Sql,
  table: string,
  column: string,
  { exports: { by, columns } }: Exporting,
  personId: string,
) {
  const key = Prisma.raw(by);
  const fields = columns.map((name) => `'${camelCase(name)}', ${name}`).join(', ');
  for (let last: string | null = null; ;) {
    const rows: { key: string; shown: string }[] = await db.$queryRaw`
      SELECT ${key}::text AS key, jsonb_build_object(${Prisma.raw(fields)})::text AS shown
      FROM ${Prisma.raw(table)} WHERE ${Prisma.raw(column)} = ${personId}::uuid
        AND (${last === null} OR ${key} > ${last}::uuid)
      ORDER BY ${key} LIMIT ${pageSize}`;
    yield rows.map(({ shown }) => shown);
    if (rows.length < pageSize) return;
    last = rows.at(-1)!.key;
  }
};

const tablesToExport = () =>
  Object.entries(erasureMap).flatMap(([table, { people }]) =>
    Object.entries(people).flatMap(([column, rule]) =>
      rule.exports ? [{ table, column, rule: rule as Exporting }] : [],
    ),
  );

/** All that is kept of a person, as the pieces of one JSON document. */
export const collectExport = async function* (db: Sql, personId: string): AsyncGenerator<string> {
  yield `{"exportedAt":${JSON.stringify(new Date().toISOString())}`;
  for (const { table, column, rule } of tablesToExport()) {
    yield `,\n${JSON.stringify(camelCase(table))}:[`;
    let first = true;
    for await (const rows of pages(db, table, column, rule, personId)) {
      if (rows.length > 0) yield `${first ? '\n' : ',\n'}${rows.join(',\n')}`;
      first &&= rows.length === 0;
    }
    yield ']';
  }
  yield '}\n';
};
