import { Prisma, type PrismaClient, type Service, owners } from '@taar/db';
import { type ErasedTable, erasureMap } from './erasure-map.ts';
import type { Rule } from './rules.ts';

type Db = Pick<PrismaClient, '$queryRaw' | '$executeRaw'>;

/** How many rows were erased, by `table.column`. */
export type Report = Record<string, number>;

const batchSize = 1_000;

/** Applies the erasure map to the tables that a service owns. Safe to repeat at any point. */
export const eraseRows = async (db: Db, service: Service, userId: string): Promise<Report> => {
  const report: Report = {};
  for (const [table, { people }] of Object.entries(erasureMap)) {
    if (owners[table as ErasedTable].owner !== service) continue;
    for (const [column, rule] of Object.entries(people)) {
      const count = await applyRule(db, table, rule, rowsOf(column, rule, userId));
      if (count) report[`${table}.${column}`] = count;
    }
  }
  return report;
};

/** Condition of rows whose column holds the user's id or, by the rule, one of their sessions'. */
const rowsOf = (column: string, { session }: Rule, userId: string) =>
  session
    ? Prisma.sql`${Prisma.raw(column)} IN (
        SELECT ${Prisma.raw(session)}
        FROM sessions
        WHERE user_id = ${userId}::uuid)`
    : Prisma.sql`${Prisma.raw(column)} = ${userId}::uuid`;

const applyRule = async (db: Db, table: string, rule: Rule, condition: Prisma.Sql) => {
  if (rule.fate === 'delete') return inBatches(() => deleteBatch(db, table, condition));
  if (rule.fate === 'withdraw') return inBatches(() => withdrawBatch(db, table, rule, condition));
  if (rule.fate === 'clear') return clearColumns(db, table, rule.set, condition);
  return undefined;
};

const inBatches = async (erase: () => Promise<number>) => {
  let total = 0;
  for (let count = batchSize; count === batchSize; total += count) count = await erase();
  return total;
};

const deleteBatch = (db: Db, table: string, condition: Prisma.Sql) => {
  const name = Prisma.raw(table);
  return db.$executeRaw`
    DELETE FROM ${name}
    WHERE ctid IN (
      SELECT ctid
      FROM ${name}
      WHERE ${condition}
      LIMIT ${batchSize})`;
};

/** Deletes rows from the lists of other users, and records it for the sync of their devices. */
const withdrawBatch = (
  db: Db,
  table: string,
  rule: Extract<Rule, { fate: 'withdraw' }>,
  condition: Prisma.Sql,
) => {
  const name = Prisma.raw(table);
  const ownerId = Prisma.raw(rule.of);
  return db.$executeRaw`
    WITH deleted AS (
      DELETE FROM ${name}
      WHERE ctid IN (
        SELECT ctid
        FROM ${name}
        WHERE ${condition}
        ORDER BY ${ownerId}
        LIMIT ${batchSize})
      RETURNING ${ownerId} AS owner_id, ${Prisma.raw(rule.ref)}::text AS ref
    ), version AS (
      INSERT INTO user_state AS state (user_id, user_ver)
      SELECT DISTINCT owner_id, 1
      FROM deleted
      ORDER BY owner_id
      ON CONFLICT (user_id) DO UPDATE
        SET user_ver = state.user_ver + 1
      RETURNING user_id, user_ver
    )
    INSERT INTO user_removals (user_id, kind, ref, user_ver)
    SELECT deleted.owner_id, ${rule.kind}, deleted.ref, version.user_ver
    FROM deleted
    JOIN version ON version.user_id = deleted.owner_id
    ON CONFLICT (user_id, kind, ref) DO UPDATE
      SET user_ver = excluded.user_ver`;
};

const clearColumns = (
  db: Db,
  table: string,
  values: Readonly<Record<string, string>>,
  condition: Prisma.Sql,
) => {
  const assignments = Object.entries(values).map(([column, value]) => `${column} = ${value}`);
  return db.$executeRaw`
    UPDATE ${Prisma.raw(table)}
    SET ${Prisma.raw(assignments.join(', '))}
    WHERE ${condition}`;
};
