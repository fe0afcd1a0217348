import { migrateDeploy } from '@taar/db/migrate';
import { createRoles } from '@taar/db/roles';
import { Client } from 'pg';

export const withDatabase = (url: string, database: string) => {
  const other = new URL(url);
  other.pathname = `/${database}`;
  return other.href;
};

/** Runs one statement in the database that `url` names. */
export const runSql = async (url: string, statement: string) => {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
};

/** Creates the migrated database, with roles and grants, of which every test file gets a copy. */
export const createTemplate = async (url: string, name: string) => {
  await runSql(url, `CREATE DATABASE ${name}`);
  await migrateDeploy(withDatabase(url, name));
  await createRoles(url, name);
};

export const dropTemplate = (url: string, name: string) =>
  runSql(url, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
