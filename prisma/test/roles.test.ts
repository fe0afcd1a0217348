import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { migrateDeploy } from '../src/migrate.ts';
import { owners, services, type Ownership, type Service } from '../src/owners.ts';
import { withOwnersTable } from '../src/owners-table.ts';
import { createRoles, type ServiceUrls } from '../src/roles.ts';
import { createDatabase, query } from './database.ts';

let database: Awaited<ReturnType<typeof createDatabase>>;
let urls: ServiceUrls;

beforeAll(async () => {
  database = await createDatabase();
  await migrateDeploy(database.url);
  urls = await createRoles(database.adminUrl, database.name);
});

afterAll(() => database.drop());

const as = (service: Service, sql: string, values: unknown[] = []) =>
  query<{ id: string }>(urls[service], sql, values);

const aUser = async () => {
  const [user] = await as(
    'auth',
    'INSERT INTO users (firebase_uid, phone_number, name) VALUES ($1, $2, $3) RETURNING id',
    [randomUUID(), randomUUID().slice(0, 20), 'Asha'],
  );
  return user!.id;
};

const denied = /permission denied/;

describe('a service that runs raw SQL', () => {
  test('signs in with its own role', async () => {
    const [row] = await query(urls.media, 'SELECT current_user AS name');
    expect(row).toEqual({ name: 'taar_media' });
  });

  test('can, as chat, update presence but no other column of users', async () => {
    const id = await aUser();
    await as('chat', 'UPDATE users SET is_online = true, last_seen = now() WHERE id = $1', [id]);
    await expect(
      as('chat', `UPDATE users SET name = 'X', is_online = true WHERE id = $1`, [id]),
    ).rejects.toThrow(denied);
    await expect(as('chat', 'DELETE FROM users WHERE id = $1', [id])).rejects.toThrow(denied);
  });

  test('can, as user, update profiles but neither create accounts nor write messages', async () => {
    const id = await aUser();
    await as('user', `UPDATE users SET name = 'Biren' WHERE id = $1`, [id]);
    await expect(
      as('user', `INSERT INTO users (firebase_uid, phone_number, name) VALUES ('a', 'b', 'c')`),
    ).rejects.toThrow(denied);
    await expect(
      as('user', 'INSERT INTO messages (chat_id, seq, change_seq) VALUES ($1, 1, 1)', [id]),
    ).rejects.toThrow(denied);
  });

  test('cannot read verification codes and PINs, except for auth', async () => {
    for (const service of services.filter((each) => each !== 'auth'))
      for (const table of ['otp_requests', 'user_pins', 'otp_prefix_stats'])
        await expect(as(service, `SELECT * FROM ${table}`)).rejects.toThrow(denied);
  });

  test('can record the first use of a refresh token generation, and not set the generation', async () => {
    for (const service of services)
      await as(service, 'UPDATE sessions SET used_gen = 1 WHERE false');
    for (const service of services.filter((each) => each !== 'auth'))
      await expect(
        as(service, 'UPDATE sessions SET generation = 9, used_gen = 9 WHERE false'),
      ).rejects.toThrow(denied);
  });

  test('can enqueue jobs and add to the audit log, and cannot change the audit log', async () => {
    for (const service of services) {
      await as(service, `INSERT INTO outbox (topic) VALUES ('test') RETURNING id`);
      await as(service, `INSERT INTO audit_log (actor, action) VALUES ('test', 'test')`);
      await expect(as(service, `UPDATE audit_log SET actor = 'x'`)).rejects.toThrow(denied);
      await expect(as(service, 'DELETE FROM audit_log')).rejects.toThrow(denied);
    }
  });

  test('cannot change the schema or read the history of migrations', async () => {
    for (const service of services) {
      await expect(as(service, 'CREATE TABLE mine (id INT)')).rejects.toThrow(denied);
      await expect(as(service, 'ALTER TABLE users ADD x INT')).rejects.toThrow('must be owner');
      await expect(as(service, 'SELECT * FROM _prisma_migrations')).rejects.toThrow(denied);
    }
  });
});

describe('owners.ts', () => {
  test('has an entry for every table', async () => {
    const tables = await query<{ name: string }>(
      database.url,
      `SELECT tablename AS name FROM pg_tables
       WHERE schemaname = 'public' AND tablename <> '_prisma_migrations'`,
    );
    expect(Object.keys(owners).toSorted()).toEqual(tables.map(({ name }) => name).toSorted());
  });

  test('states exactly what the database grants, column by column', async () => {
    const privileges = await query<{ role: string; table: string; column: string; may: string }>(
      database.url,
      `SELECT substr(grantee, 6) AS role, table_name AS table, column_name AS column,
         string_agg(lower(privilege_type), ' ' ORDER BY privilege_type) AS may
       FROM information_schema.column_privileges
       WHERE grantee LIKE 'taar\\_%' AND table_schema = 'public'
       GROUP BY 1, 2, 3`,
    );
    const columns = await query<{ table: string; column: string }>(
      database.url,
      `SELECT table_name AS table, column_name AS column FROM information_schema.columns
       WHERE table_schema = 'public' AND table_name <> '_prisma_migrations'`,
    );

    const expected = services.flatMap((role) =>
      columns.map(({ table, column }) => {
        const { readers, writers }: Ownership = owners[table as keyof typeof owners];
        const rights = writers[role];
        const updates = rights?.update === true || rights?.update?.includes(column);
        const may = [
          rights?.insert ? 'insert' : '',
          rights || readers.includes(role) ? 'select' : '',
          updates ? 'update' : '',
        ];
        return `${role} ${table}.${column} ${may.filter(Boolean).join(' ')}`.trim();
      }),
    );
    const granted = privileges.map((row) => `${row.role} ${row.table}.${row.column} ${row.may}`);
    const something = expected.filter((line) => line.split(' ').length > 2);
    expect(granted.toSorted()).toEqual(something.toSorted());
  });

  test('is printed in the README: `npm run generate` updates it', async () => {
    const readme = await readFile(join(import.meta.dirname, '../README.md'), 'utf8');
    expect(withOwnersTable(readme)).toBe(readme);
  });

  test('names each model once', () => {
    const models = Object.values(owners).map(({ model }) => model);
    expect(new Set(models).size).toBe(models.length);
  });

  test('revokes other grants when it is applied again', async () => {
    await query(database.url, 'GRANT ALL ON otp_requests TO taar_chat');
    await createRoles(database.adminUrl, database.name);
    await expect(as('chat', 'SELECT * FROM otp_requests')).rejects.toThrow(denied);
  });
});
