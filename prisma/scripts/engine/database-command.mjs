import { Client } from 'pg';

const prismaCode = {
  '3D000': 'P1003',
  '28P01': 'P1000',
  28000: 'P1010',
  ECONNREFUSED: 'P1001',
  ENOTFOUND: 'P1001',
  ETIMEDOUT: 'P1002',
};

const statement = {
  'can-connect-to-database': () => 'SELECT 1',
  'create-database': (name) => `CREATE DATABASE ${name}`,
  'drop-database': (name) => `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`,
};

/** Writes the log line in which the CLI looks for the error; it skips the first line of stderr. */
const reportError = (error, database) => {
  const message =
    error.code === '3D000'
      ? `Database \`${database}\` does not exist`
      : error.message || error.code;
  const fields = {
    message,
    is_panic: false,
    error_code: prismaCode[error.code] ?? 'P1001',
    meta: {},
  };
  const line = {
    timestamp: new Date().toISOString(),
    level: 'ERROR',
    fields,
    target: 'schema_engine::logger',
  };
  process.stderr.write(`\n${JSON.stringify(line)}\n`);
};

/** Runs a command that checks, creates or drops a whole database; returns the exit code. */
export const databaseCommand = async (command, databaseUrl) => {
  const url = new URL(databaseUrl);
  const database = decodeURIComponent(url.pathname.slice(1)) || 'postgres';
  if (command !== 'can-connect-to-database') url.pathname = '/postgres';
  url.search = '';
  const client = new Client({ connectionString: url.href });
  try {
    await client.connect();
    await client.query(statement[command](client.escapeIdentifier(database)));
    return 0;
  } catch (error) {
    reportError(error, database);
    return 1;
  } finally {
    await client.end().catch(() => {});
  }
};
