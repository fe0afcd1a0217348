import { createHmac } from 'node:crypto';
import { Client } from 'pg';
import { grantsSql, roleOf } from './grants.ts';
import { services, type Service } from './owners.ts';

export type ServiceUrls = Record<Service, string>;

/** An arbitrary number of an advisory lock that no other code takes. */
const rolesLock = 72_707_370;

/**
 * Gives every service a login with exactly the rights of owners.ts and returns their URLs. Can run
 * again at any time: grants change in one transaction, so running services keep their rights.
 */
export const createRoles = async (
  adminUrl: string,
  database: string,
  passwordFor: (service: Service) => string = derivedPassword(adminUrl),
): Promise<ServiceUrls> => {
  await inTransaction(adminUrl, async (client) => {
    for (const service of services) await createRole(client, roleOf(service), passwordFor(service));
  });
  await inTransaction(urlOf(adminUrl, database), (client) => client.query(grantsSql()));
  const entries = services.map((service) => {
    const login = { user: roleOf(service), password: passwordFor(service) };
    return [service, urlOf(adminUrl, database, login)];
  });
  return Object.fromEntries(entries) as ServiceUrls;
};

/** For a local server: passwords derived from the administrator's, so that none is stored. */
export const derivedPassword = (adminUrl: string) => (service: Service) =>
  createHmac('sha256', new URL(adminUrl).password).update(roleOf(service)).digest('base64url');

/** Under a lock: PostgreSQL refuses two transactions that alter one role at the same time. */
const inTransaction = async (url: string, work: (client: Client) => Promise<unknown>) => {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    await client.query('BEGIN');
    await client.query('SELECT pg_advisory_xact_lock($1)', [rolesLock]);
    await work(client);
    await client.query('COMMIT');
  } finally {
    await client.end();
  }
};

const createRole = async (client: Client, role: string, password: string) => {
  const { rowCount } = await client.query('SELECT FROM pg_roles WHERE rolname = $1', [role]);
  if (!rowCount) await client.query(`CREATE ROLE ${role}`);
  await client.query(`ALTER ROLE ${role} LOGIN PASSWORD ${client.escapeLiteral(password)}`);
  // A last resort for clients that connect without the limits of createDb.
  await client.query(`ALTER ROLE ${role} SET statement_timeout = '5s'`);
  await client.query(`ALTER ROLE ${role} SET idle_in_transaction_session_timeout = '5s'`);
  await client.query(`ALTER ROLE ${role} SET timezone = 'UTC'`);
};

const urlOf = (adminUrl: string, database: string, login?: { user: string; password: string }) => {
  const url = new URL(adminUrl);
  url.pathname = `/${database}`;
  if (login) {
    url.username = login.user;
    url.password = encodeURIComponent(login.password);
  }
  return url.href;
};
