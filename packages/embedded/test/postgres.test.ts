import { afterEach, expect, test } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { startPostgres, type Postgres, type PostgresOptions } from '../src/postgres.ts';

let cleanUps: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const cleanUp of cleanUps.toReversed()) await cleanUp();
  cleanUps = [];
});

const aFolder = async () => {
  const dir = await mkdtemp(join(tmpdir(), 'taar-postgres-'));
  cleanUps.push(() => rm(dir, { recursive: true }));
  return dir;
};

const start = async (options: PostgresOptions) => {
  const postgres = await startPostgres(options);
  cleanUps.push(postgres.stop);
  return postgres;
};

const query = async ({ url }: Postgres, sql: string) => {
  const client = new Client({ connectionString: url });
  // Tests kill the server while clients are connected.
  client.on('error', () => {});
  await client.connect();
  const { rows } = await client.query<Record<string, unknown>>(sql);
  await client.end();
  return rows;
};

test('a new server uses UTF-8, UTC and the given settings, and listens on loopback', async () => {
  const server = await start({ dir: await aFolder(), settings: { work_mem: '5MB' } });

  const [row] = await query(
    server,
    `SELECT lower('ÀÉ') AS lower, current_setting('server_encoding') AS encoding,
       current_setting('TimeZone') AS zone, current_setting('listen_addresses') AS addresses,
       current_setting('work_mem') AS memory, current_database() AS database`,
  );

  expect(row).toEqual({
    lower: 'àé',
    encoding: 'UTF8',
    zone: 'UTC',
    addresses: '127.0.0.1',
    memory: '5MB',
    database: 'postgres',
  });
});

test('two concurrent first starts in one folder share one server', async () => {
  const dir = await aFolder();

  const [one, other] = await Promise.all([start({ dir }), start({ dir })]);

  expect(other).toMatchObject({ url: one.url, pid: one.pid });
});

test('a later start takes over the running server, and data outlives a stop', async () => {
  const dir = await aFolder();
  const first = await start({ dir });
  await query(first, 'CREATE TABLE kept AS SELECT 1 AS one');

  const second = await start({ dir });
  expect(second.pid).toBe(first.pid);
  await second.stop();
  await first.stop();

  const third = await start({ dir });
  expect(third.pid).not.toBe(first.pid);
  expect(await query(third, 'SELECT one FROM kept')).toEqual([{ one: 1 }]);
});

test('a server starts with its data after it was killed and left its lock', async () => {
  const dir = await aFolder();
  const killed = await start({ dir });
  await query(killed, 'CREATE TABLE kept AS SELECT 1 AS one');
  process.kill(killed.pid, 'SIGKILL');

  const next = await start({ dir });

  expect(await query(next, 'SELECT one FROM kept')).toEqual([{ one: 1 }]);
});
