import { Client } from 'pg';
import { grantsSql, roleOf } from './grants.ts';
import { services, type Service } from './owners.ts';

export type ServiceUrls = Record<Service, string>;

/** Any number will do, as long as nothing else of ours locks it. */
const rolesLock = 72_707_370;

const withLogin = (adminUrl: string, database: string, user: string, password: string) => {
  const url = new URL(adminUrl);
  url.username = user;
  url.password = encodeURIComponent(password);
  url.pathname = `/${database}`;
  return url.href;
};

const createRole = async (client: Client, role: string, password: string) => {
  const { rowCount } = await client.query('SELECT FROM pg_roles WHERE rolname = $1', [role]);
  if (!rowCount) await client.query(`CREATE ROLE ${role}`);
  await client.query(`ALTER ROLE ${role} LOGIN PASSWORD ${client.escapeLiteral(password)}`);
  // The last resort behind the pools' own limits, for whoever connects without them.
  await client.query(`ALTER ROLE ${role} SET statement_timeout = '5s'`);
  await client.query(`ALTER ROLE ${role} SET idle_in_transaction_session_timeout = '5s'`);
  await client.query(`ALTER ROLE ${role} SET timezone = 'UTC'`);
};

/**
 * Gives every service its own login with exactly the rights of owners.ts, and returns the URLs.
 * May run again at any time: grants change in one transaction, so running services lose nothing.
 */
export const createRoles = async (
  adminUrl: string,
  database: string,
  passwordFor: (service: Service) => string,
): Promise<ServiceUrls> => {
  const target = new URL(adminUrl);
  target.pathname = `/${database}`;
  const client = new Client({ connectionString: target.href });
  await client.connect();
  try {
    await client.query('BEGIN');
    await client.query('SELECT pg_advisory_xact_lock($1)', [rolesLock]);
    for (const service of services) await createRole(client, roleOf(service), passwordFor(service));
    await client.query(grantsSql());
    await client.query('COMMIT');
  } finally {
    await client.end();
  }
  const entries = services.map((service) => [
    service,
    withLogin(adminUrl, database, roleOf(service), passwordFor(service)),
  ]);
  return Object.fromEntries(entries) as ServiceUrls;
};
