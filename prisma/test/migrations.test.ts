import { appendFile, cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Client } from 'pg';
import { migrateDeploy } from '../src/migrate.ts';
import { createDatabase, prisma, query } from './database.ts';

let database: Awaited<ReturnType<typeof createDatabase>>;
let directory: string;

beforeEach(async () => {
  database = await createDatabase();
  directory = await mkdtemp(join(tmpdir(), 'migrations-'));
});

afterEach(async () => {
  await database.drop();
  await rm(directory, { recursive: true });
});

const addMigration = async (name: string, sql: string) => {
  await mkdir(join(directory, name));
  await writeFile(join(directory, name, 'migration.sql'), sql);
};

const history = () =>
  query<{ migration_name: string; finished_at: Date | null; rolled_back_at: Date | null }>(
    database.url,
    'SELECT migration_name, finished_at, rolled_back_at FROM _prisma_migrations ORDER BY started_at',
  );

describe('the migrations', () => {
  test('create the database that the schema describes, and Prisma sees nothing pending', async () => {
    await migrateDeploy(database.url);

    const comparison = ['--from-config-datasource', '--to-schema', 'schema', '--exit-code'];
    const drift = await prisma(database.url, 'migrate', 'diff', ...comparison);
    expect(drift.output).toContain('No difference detected');
    expect(drift.code).toBe(0);
    const status = await prisma(database.url, 'migrate', 'status');
    expect(status.output).toContain('Database schema is up to date!');
    expect(status.code).toBe(0);
  }, 30_000);

  test('keep every column of the first three tables with its default and foreign key', async () => {
    await migrateDeploy(database.url);

    const columns = await query<{ table: string; column: string; default: string | null }>(
      database.url,
      `SELECT table_name AS table, column_name AS column, column_default AS default
       FROM information_schema.columns WHERE table_schema = 'public'`,
    );
    const defaultOf = (table: string, column: string) =>
      columns.find((each) => each.table === table && each.column === column)?.default;
    const expectDefaults = (table: string, expected: Record<string, string | null>) =>
      expect(
        Object.fromEntries(Object.keys(expected).map((key) => [key, defaultOf(table, key)])),
      ).toEqual(expected);

    const none = (...columns: string[]) => Object.fromEntries(columns.map((each) => [each, null]));
    const generated = { id: 'gen_random_uuid()', created_at: 'now()', updated_at: 'now()' };
    expectDefaults('users', {
      ...generated,
      ...none('firebase_uid', 'phone_number', 'name', 'avatar_url', 'last_seen'),
      about: "'Hey there! I am using Taar.'::text",
      is_online: 'false',
    });
    expectDefaults('chats', {
      ...generated,
      ...none('name', 'description', 'avatar_url', 'created_by'),
      is_group: 'false',
    });
    expectDefaults('messages', {
      ...generated,
      ...none('chat_id', 'sender_id', 'content', 'media_url', 'reply_to_id'),
      message_type: "'text'::character varying",
      is_forwarded: 'false',
    });

    const references = await query<{ definition: string }>(
      database.url,
      `SELECT conrelid::regclass || ': ' || pg_get_constraintdef(oid) AS definition
       FROM pg_constraint WHERE contype = 'f' AND conrelid IN ('chats'::regclass, 'messages'::regclass)`,
    );
    expect(references.map(({ definition }) => definition).toSorted()).toEqual([
      'chats: FOREIGN KEY (created_by) REFERENCES users(id)',
      'messages: FOREIGN KEY (chat_id) REFERENCES chats(id) ON DELETE CASCADE',
      'messages: FOREIGN KEY (reply_to_id) REFERENCES messages(id)',
      'messages: FOREIGN KEY (sender_id) REFERENCES users(id)',
    ]);
  });

  test('create the partial indexes, which the schema cannot express', async () => {
    await migrateDeploy(database.url);

    const partial = await query<{ name: string }>(
      database.url,
      `SELECT indexrelid::regclass::text AS name FROM pg_index WHERE indpred IS NOT NULL ORDER BY 1`,
    );
    expect(partial.map(({ name }) => name)).toEqual([
      'chat_members_left',
      'media_links_chat',
      'messages_expiry',
      'messages_media',
      'messages_reply',
      'messages_sender_client',
      'messages_swallowed',
      'messages_unread',
      'outbox_pending',
      'sessions_device',
      'statuses_media',
      'users_online',
    ]);
  });

  test('leave no foreign key without an index', async () => {
    await migrateDeploy(database.url);

    const bare = await query(
      database.url,
      `SELECT c.conrelid::regclass AS table, c.conname
       FROM pg_constraint c
       WHERE c.contype = 'f' AND NOT EXISTS (
         SELECT FROM pg_index i
         WHERE i.indrelid = c.conrelid
           AND (i.indkey::int2[])[0:cardinality(c.conkey) - 1] @> c.conkey
           AND (i.indpred IS NULL OR pg_get_expr(i.indpred, i.indrelid) LIKE '(% IS NOT NULL)')
       )`,
    );
    expect(bare).toEqual([]);
  });
});

describe('migrateDeploy', () => {
  test('changes nothing when it runs again', async () => {
    await addMigration('1_first', 'CREATE TABLE a (id INT)');

    expect(await migrateDeploy(database.url, directory)).toEqual(['1_first']);
    expect(await migrateDeploy(database.url, directory)).toEqual([]);
    expect(await history()).toHaveLength(1);
  });

  test('applies each migration once and in order when it runs twice at once', async () => {
    await addMigration('2_second', 'ALTER TABLE a ADD b INT');
    await addMigration('1_first', 'CREATE TABLE a (id INT)');

    const runs = await Promise.all([
      migrateDeploy(database.url, directory),
      migrateDeploy(database.url, directory),
    ]);

    expect(runs.flat()).toEqual(['1_first', '2_second']);
  });

  test('refuses a migration that was edited after it was applied', async () => {
    await cp(join(import.meta.dirname, '../migrations'), directory, { recursive: true });
    const [name] = await migrateDeploy(database.url, directory);
    await appendFile(join(directory, name!, 'migration.sql'), '-- edited');

    await expect(migrateDeploy(database.url, directory)).rejects.toThrow('was edited after');
  });

  test('leaves no trace of a failed migration, and stops until it is resolved', async () => {
    await addMigration('1_broken', 'CREATE TABLE a (id INT); SELECT 1 / 0');
    await addMigration('2_second', 'CREATE TABLE b (id INT)');

    await expect(migrateDeploy(database.url, directory)).rejects.toThrow('division by zero');
    await expect(migrateDeploy(database.url, directory)).rejects.toThrow('failed before');

    const tables = await query(database.url, `SELECT FROM pg_tables WHERE tablename IN ('a', 'b')`);
    expect(tables).toEqual([]);
  });

  test('gives up on a table in use instead of blocking other queries, and can run again', async () => {
    await addMigration('1_first', 'CREATE TABLE a (id INT)');
    await migrateDeploy(database.url, directory);
    await addMigration('2_second', 'ALTER TABLE a ADD b INT');
    const reader = new Client({ connectionString: database.url });
    await reader.connect();
    await reader.query('BEGIN; SELECT * FROM a');

    await expect(migrateDeploy(database.url, directory)).rejects.toThrow('lock timeout');
    await reader.end();

    expect(await migrateDeploy(database.url, directory)).toEqual(['2_second']);
  });

  test('waits for open transactions before it builds or drops an index concurrently', async () => {
    await addMigration('1_first', 'CREATE TABLE a (id INT)');
    await migrateDeploy(database.url, directory);
    await addMigration('2_second', 'CREATE INDEX CONCURRENTLY ai ON a (id)');
    await addMigration('3_third', 'DROP INDEX CONCURRENTLY ai');
    const writer = new Client({ connectionString: database.url });
    await writer.connect();
    await writer.query('BEGIN; INSERT INTO a VALUES (1)');

    const migrating = migrateDeploy(database.url, directory);
    // Longer than the lock timeout of other migrations.
    await Promise.race([migrating.catch(() => {}), sleep(2_500)]);
    await writer.query('COMMIT');
    await writer.end();

    expect(await migrating).toEqual(['2_second', '3_third']);
  });
});
