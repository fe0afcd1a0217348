import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Client, type QueryResultRow } from 'pg';

const workspace = join(import.meta.dirname, '..');

const adminUrl = () => {
  const url = process.env.TEST_DATABASE_URL;
  if (!url) throw new Error('TEST_DATABASE_URL must name a server, as its superuser.');
  return url;
};

/** Runs one statement on a new connection. */
export const query = async <R extends QueryResultRow>(
  url: string,
  text: string,
  values: unknown[] = [],
): Promise<R[]> => {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query<R>(text, values);
    return rows;
  } finally {
    await client.end();
  }
};

/** An empty database, for one test file or one test. */
export const createDatabase = async () => {
  const name = `db_test_${randomBytes(6).toString('hex')}`;
  const url = new URL(adminUrl());
  url.pathname = `/${name}`;
  await query(adminUrl(), `CREATE DATABASE ${name}`);
  return {
    name,
    url: url.href,
    adminUrl: adminUrl(),
    drop: () => query(adminUrl(), `DROP DATABASE ${name} WITH (FORCE)`),
  };
};

/** Runs Prisma's CLI on a database; returns its output and exit code. */
export const prisma = async (url: string, ...args: string[]) => {
  const cli = join(workspace, '../node_modules/prisma/build/index.js');
  const env = { PATH: process.env.PATH, DATABASE_URL: url, CHECKPOINT_DISABLE: '1' };
  return promisify(execFile)(process.execPath, [cli, ...args], { cwd: workspace, env }).then(
    ({ stdout }) => ({ code: 0, output: stdout }),
    (error: { code: number; stdout: string; stderr: string }) => ({
      code: error.code,
      output: error.stdout + error.stderr,
    }),
  );
};
