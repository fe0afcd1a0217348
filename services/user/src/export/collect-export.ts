import { Prisma, type UserDb } from '@taar/db';
import { erasureMap } from '@taar/domain/erasure/erasure-map';
import type { Rule } from '@taar/domain/erasure/rules';

type ExportRule = Rule & { exports: NonNullable<Rule['exports']> };
type Sql = Pick<UserDb, '$queryRaw'>;
/** Rows of a table whose column holds the user's id. */
type Source = { table: string; column: string; rule: ExportRule };

const pageSize = 1_000;

/** All stored data of a user, as the parts of one JSON document. */
export const collectExport = async function* (db: Sql, userId: string): AsyncGenerator<string> {
  yield `{"exportedAt":${JSON.stringify(new Date().toISOString())}`;
  for (const source of sourcesOf()) {
    yield `,\n${JSON.stringify(camelCase(source.table))}:[`;
    let first = true;
    for await (const rows of pagesOf(db, source, userId)) {
      if (rows.length > 0) yield `${first ? '\n' : ',\n'}${rows.join(',\n')}`;
      first &&= rows.length === 0;
    }
    yield ']';
  }
  yield '}\n';
};

const sourcesOf = (): Source[] =>
  Object.entries(erasureMap).flatMap(([table, { people }]) =>
    Object.entries(people).flatMap(([column, rule]) =>
      rule.exports ? [{ table, column, rule: rule as ExportRule }] : [],
    ),
  );

/** Pages of rows, each row as JSON text. */
const pagesOf = async function* (
  db: Sql,
  { table, column, rule: { exports } }: Source,
  userId: string,
) {
  const key = Prisma.raw(exports.by);
  const fields = exports.columns.map((name) => `'${camelCase(name)}', ${name}`).join(', ');
  for (let last: string | null = null; ;) {
    const rows: { key: string; json: string }[] = await db.$queryRaw`
      SELECT ${key}::text AS key, jsonb_build_object(${Prisma.raw(fields)})::text AS json
      FROM ${Prisma.raw(table)}
      WHERE ${Prisma.raw(column)} = ${userId}::uuid
        AND (${last === null} OR ${key} > ${last}::uuid)
      ORDER BY ${key}
      LIMIT ${pageSize}`;
    yield rows.map(({ json }) => json);
    if (rows.length < pageSize) return;
    last = rows.at(-1)!.key;
  }
};

const camelCase = (column: string) =>
  column.replace(/_(\w)/g, (_whole, letter: string) => letter.toUpperCase());
