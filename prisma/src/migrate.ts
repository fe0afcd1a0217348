import { createHash, randomUUID } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client, DatabaseError } from 'pg';

type Migration = { name: string; sql: string; checksum: string };
type Applied = { migration_name: string; checksum: string; finished_at: Date | null };

/** The lock that `prisma migrate` takes, so that the two cannot run at once. */
const migrateLock = 72_707_369;

/** To the letter what Prisma creates: either of the two continues what the other began. */
const historyTable = `CREATE TABLE IF NOT EXISTS _prisma_migrations (
  id                  VARCHAR(36) PRIMARY KEY NOT NULL,
  checksum            VARCHAR(64) NOT NULL,
  finished_at         TIMESTAMPTZ,
  migration_name      VARCHAR(255) NOT NULL,
  logs                TEXT,
  rolled_back_at      TIMESTAMPTZ,
  started_at          TIMESTAMPTZ NOT NULL DEFAULT now(),
  applied_steps_count INTEGER NOT NULL DEFAULT 0
)`;

const readMigrations = async (directory: string): Promise<Migration[]> => {
  const entries = await readdir(directory, { withFileTypes: true });
  const names = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  return Promise.all(
    names.toSorted().map(async (name) => {
      const sql = await readFile(join(directory, name, 'migration.sql'), 'utf8');
      return { name, sql, checksum: createHash('sha256').update(sql).digest('hex') };
    }),
  );
};

/** The migrations still to apply; throws when the history does not permit to go on. */
const pending = (migrations: Migration[], history: Applied[]): Migration[] => {
  const failed = history.find(({ finished_at }) => !finished_at);
  if (failed)
    throw new Error(
      `Migration ${failed.migration_name} failed before; see \`prisma migrate resolve\`.`,
    );
  const applied = new Map(history.map((row) => [row.migration_name, row.checksum]));
  const edited = migrations.find(
    ({ name, checksum }) => applied.has(name) && applied.get(name) !== checksum,
  );
  if (edited) throw new Error(`Migration ${edited.name} was edited after it was applied.`);
  return migrations.filter(({ name }) => !applied.has(name));
};

/**
 * Behind a migration that waits for a table every query on it waits too: rather give up. An index
 * built beside the work of others lets them go on, and giving up would leave half an index.
 */
const lockTimeoutFor = (sql: string) => (/\bCONCURRENTLY\b/i.test(sql) ? '0' : '2s');

const isLockTimeout = (error: unknown) => error instanceof DatabaseError && error.code === '55P03';

const apply = async (db: Client, { name, sql, checksum }: Migration) => {
  const id = randomUUID();
  await db.query(
    'INSERT INTO _prisma_migrations (id, checksum, migration_name) VALUES ($1, $2, $3)',
    [id, checksum, name],
  );
  try {
    await db.query(`SET lock_timeout = '${lockTimeoutFor(sql)}'`);
    // Without parameters the whole file is one statement to PostgreSQL, and one transaction.
    await db.query(sql);
  } catch (error) {
    // A table in use is no fault of the migration: nothing was changed, the next run may try again.
    await db.query(
      'UPDATE _prisma_migrations SET logs = $2, rolled_back_at = CASE WHEN $3 THEN now() END WHERE id = $1',
      [id, String(error), isLockTimeout(error)],
    );
    throw new Error(`Migration ${name} failed: ${String(error)}`, { cause: error });
  }
  await db.query(
    'UPDATE _prisma_migrations SET finished_at = now(), applied_steps_count = 1 WHERE id = $1',
    [id],
  );
};

/** Does what `prisma migrate deploy` does, where Prisma's CLI is not installed; returns the names applied. */
export const migrateDeploy = async (
  url: string,
  directory = fileURLToPath(new URL('../migrations', import.meta.url)),
): Promise<string[]> => {
  const migrations = await readMigrations(directory);
  const db = new Client({ connectionString: url });
  await db.connect();
  try {
    await db.query(`SELECT pg_advisory_lock(${migrateLock})`);
    await db.query(historyTable);
    const { rows } = await db.query<Applied>(
      'SELECT migration_name, checksum, finished_at FROM _prisma_migrations WHERE rolled_back_at IS NULL',
    );
    const todo = pending(migrations, rows);
    for (const migration of todo) await apply(db, migration);
    return todo.map(({ name }) => name);
  } finally {
    await db.end();
  }
};
