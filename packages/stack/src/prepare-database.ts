import type { Service } from '@taar/db/owners';
import { migrateDeploy } from '@taar/db/migrate';
import { createRoles, type ServiceUrls } from '@taar/db/roles';
import { Client } from 'pg';
import type { Env } from './env.ts';
import type { Secrets } from './secrets.ts';

export type Database = { adminUrl: string; urls: ServiceUrls };

const embeddedName = 'taar';

/** Migrates the database and creates the role with which each service signs in. */
export const prepareDatabase = async (
  url: string,
  env: Env,
  { rolePasswords }: Secrets,
): Promise<Database> => {
  const adminUrl = env['DATABASE_URL'] ?? (await createDatabase(url));
  await migrateDeploy(adminUrl);
  const passwordFor = (service: Service) =>
    env[`DATABASE_PASSWORD_${service.toUpperCase()}`] ?? rolePasswords[service];
  const name = new URL(adminUrl).pathname.slice(1);
  return { adminUrl, urls: await createRoles(adminUrl, name, passwordFor) };
};

/** A new embedded server holds the database `postgres` alone. */
const createDatabase = async (serverUrl: string) => {
  const client = new Client({ connectionString: serverUrl });
  await client.connect();
  try {
    const known = await client.query('SELECT FROM pg_database WHERE datname = $1', [embeddedName]);
    if (known.rowCount === 0) await client.query(`CREATE DATABASE ${embeddedName}`);
  } finally {
    await client.end();
  }
  const url = new URL(serverUrl);
  url.pathname = `/${embeddedName}`;
  return url.href;
};
