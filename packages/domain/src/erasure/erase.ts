import { type Service, type ServiceTx, Prisma, owners } from '@taar/db';
import { type Job, enqueue } from '@taar/runtime/jobs';
import { topics } from '@taar/runtime/topics';
import { type ErasedTable, erasureMap } from './erasure-map.ts';
import type { Rule } from './rules.ts';

type Sql = Pick<ServiceTx<'status'>, '$queryRaw' | '$executeRaw'>;
/** How many rows met which fate, by `table.column`. */
export type Report = Record<string, number>;

const batch = 1_000;

/** Whether the row's column names the person. */
const isTheirs = (column: string, { session }: Rule, personId: string) => {
  const name = Prisma.raw(column);
  return session
    ? Prisma.sql`${name} IN (SELECT ${Prisma.raw(session)} FROM sessions WHERE user_id = ${personId}::uuid)`
    : Prisma.sql`${name} = ${personId}::uuid`;
};

const deleteRows = async (db: Sql, table: string, condition: Prisma.Sql) => {
  const name = Prisma.raw(table);
  let total = 0;
  for (let count = batch; count === batch; total += count)
    count = await db.$executeRaw`
      DELETE FROM ${name} WHERE ctid IN (SELECT ctid FROM ${name} WHERE ${condition} LIMIT ${batch})`;
  return total;
};

const withdraw = async (
  db: Sql,
  table: string,
  rule: Extract<Rule, { fate: 'withdraw' }>,
  condition: Prisma.Sql,
) => {
  const of = Prisma.raw(rule.of);
  const name = Prisma.raw(table);
  let total = 0;
  for (let count = batch; count === batch; total += count)
    count = await db.$executeRaw`
      WITH taken AS (
        DELETE FROM ${name} WHERE ctid IN (
          SELECT ctid FROM ${name} WHERE ${condition} ORDER BY ${of} LIMIT ${batch})
        RETURNING ${of} AS owner_id, ${Prisma.raw(rule.ref)}::text AS ref
      ), moved AS (
        INSERT INTO user_state AS s (user_id, user_ver)
        SELECT DISTINCT owner_id, 1 FROM taken ORDER BY owner_id
        ON CONFLICT (user_id) DO UPDATE SET user_ver = s.user_ver + 1 RETURNING user_id, user_ver
      )
      INSERT INTO user_removals AS r (user_id, kind, ref, user_ver)
      SELECT t.owner_id, ${rule.kind}, t.ref, m.user_ver FROM taken t JOIN moved m ON m.user_id = t.owner_id
      ON CONFLICT (user_id, kind, ref) DO UPDATE SET user_ver = excluded.user_ver`;
  return total;
};

const clear = (
  db: Sql,
  table: string,
  set: Readonly<Record<string, string>>,
  where: Prisma.Sql,
) => {
  const changes = Object.entries(set).map(([column, value]) => `${column} = ${value}`);
  return db.$executeRaw`UPDATE ${Prisma.raw(table)} SET ${Prisma.raw(changes.join(', '))} WHERE ${where}`;
};

const apply = async (db: Sql, table: string, column: string, rule: Rule, personId: string) => {
  const where = isTheirs(column, rule, personId);
  if (rule.fate === 'delete') return deleteRows(db, table, where);
  if (rule.fate === 'withdraw') return withdraw(db, table, rule, where);
  if (rule.fate === 'clear') return clear(db, table, rule.set, where);
  return undefined;
};

/** Does to the tables of one service what the map says of them. May be done again at any point. */
export const eraseOwned = async (db: Sql, service: Service, personId: string): Promise<Report> => {
  const report: Report = {};
  for (const [table, { people }] of Object.entries(erasureMap)) {
    if (owners[table as ErasedTable].owner !== service) continue;
    for (const [column, rule] of Object.entries(people)) {
      const count = await apply(db, table, column, rule, personId);
      if (count) report[`${table}.${column}`] = count;
    }
  }
  return report;
};

/** One service after another; media last, once nothing shows a file any more. */
const order: Service[] = ['user', 'auth', 'status', 'chat', 'media'];
const topicOf = (service: Service) => `erase_${service}`;

export type Erasure = { deleteMessages: boolean; report: Report };

/** Hands the erasure on to the service that comes next, or tells that it is done. */
export const eraseNext = (
  db: Pick<Sql, '$executeRaw'>,
  service: Service,
  personId: string,
  erasure: Erasure,
) => {
  const next = order[order.indexOf(service) + 1];
  const topic = next ? topicOf(next) : topics.userErased;
  return enqueue(db, { topic, key: personId, payload: erasure });
};

type Step = (personId: string, erasure: Erasure) => Promise<Report>;

/** The work, for a service's worker, of erasing a person from what the service owns. */
export const eraseWork = (db: Sql, service: Service, step: Step = async () => ({})) => ({
  [topicOf(service)]: {
    perform: async ({ key, payload }: Job) => {
      const erasure = payload as Erasure;
      const report = {
        ...erasure.report,
        ...(await step(key, erasure)),
        ...(await eraseOwned(db, service, key)),
      };
      await eraseNext(db, service, key, { ...erasure, report });
    },
  },
});
