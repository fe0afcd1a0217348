import { createHash, randomUUID } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client, DatabaseError } from 'pg';

type Migration = { name: string; sql: string; checksum: string };
type Applied = { name: string; checksum: string; finishedAt: Date | null };

/** The advisory lock of `prisma migrate`: it and this runner cannot run at the same time. */
const migrateLock = 72_707_369;

/**
 * Applies pending migrations like `prisma migrate deploy`, without Prisma's CLI. Returns the names
 * of the migrations that it applied.
 */
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
    const pending = findPending(migrations, await readHistory(db));
    for (const migration of pending) await apply(db, migration);
    return pending.map(({ name }) => name);
  } finally {
    await db.end();
  }
};

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

/** Exactly the table that Prisma creates: Prisma and this runner share one history. */
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

const readHistory = async (db: Client): Promise<Applied[]> => {
  const { rows } = await db.query<Applied>(
    `SELECT migration_name AS name, checksum, finished_at AS "finishedAt"
     FROM _prisma_migrations
     WHERE rolled_back_at IS NULL`,
  );
  return rows;
};

/** Throws when a migration of the history failed, or was edited after it was applied. */
const findPending = (migrations: Migration[], history: Applied[]): Migration[] => {
  const failed = history.find(({ finishedAt }) => !finishedAt);
  if (failed)
    throw new Error(`Migration ${failed.name} failed before; see \`prisma migrate resolve\`.`);
  const applied = new Map(history.map(({ name, checksum }) => [name, checksum]));
  const edited = migrations.find(
    ({ name, checksum }) => applied.has(name) && applied.get(name) !== checksum,
  );
  if (edited) throw new Error(`Migration ${edited.name} was edited after it was applied.`);
  return migrations.filter(({ name }) => !applied.has(name));
};

const apply = async (db: Client, { name, sql, checksum }: Migration) => {
  const id = randomUUID();
  await db.query(
    'INSERT INTO _prisma_migrations (id, checksum, migration_name) VALUES ($1, $2, $3)',
    [id, checksum, name],
  );
  try {
    await db.query(`SET lock_timeout = '${lockTimeoutFor(sql)}'`);
    // Without parameters PostgreSQL runs the whole file as one transaction.
    await db.query(sql);
  } catch (error) {
    // A lock timeout changes nothing: marked as rolled back, the migration runs again next time.
    await db.query(
      `UPDATE _prisma_migrations
       SET logs = $2, rolled_back_at = CASE WHEN $3 THEN now() END
       WHERE id = $1`,
      [id, String(error), isLockTimeout(error)],
    );
    throw new Error(`Migration ${name} failed: ${String(error)}`, { cause: error });
  }
  await db.query(
    'UPDATE _prisma_migrations SET finished_at = now(), applied_steps_count = 1 WHERE id = $1',
    [id],
  );
};

/**
 * A migration that waits for a table blocks every later query on it, so it gives up after 2 s.
 * CONCURRENTLY blocks no query, and giving up would leave an invalid index: it waits without limit.
 */
const lockTimeoutFor = (sql: string) => (/\bCONCURRENTLY\b/i.test(sql) ? '0' : '2s');

const isLockTimeout = (error: unknown) => error instanceof DatabaseError && error.code === '55P03';
