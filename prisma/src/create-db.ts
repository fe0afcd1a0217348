import { PrismaPg } from '@prisma/adapter-pg';
import { Pool } from 'pg';
import { PrismaClient } from './generated/client.ts';
import { createStatementNames } from './statement-names.ts';

export type DbOptions = {
  /** Largest number of connections of this process. */
  max?: number;
  /** Shown in `pg_stat_activity`. */
  applicationName?: string;
  /** Longest wait for a free connection. */
  connectTimeoutMs?: number;
  /** Called when an idle connection breaks. The pool replaces it. */
  onIdleError?: (error: Error) => void;
};

/**
 * Opens the database for one process. Every wait has a limit on both sides: a server that hangs
 * cannot apply its own statement_timeout, so the client sets query_timeout too.
 */
export const createDb = (
  url: string,
  {
    max = 10,
    applicationName = 'taar',
    connectTimeoutMs = 2000,
    onIdleError = () => {},
  }: DbOptions = {},
): PrismaClient => {
  const pool = new Pool({
    connectionString: url,
    max,
    application_name: applicationName,
    connectionTimeoutMillis: connectTimeoutMs,
    query_timeout: 3000,
    statement_timeout: 2500,
    lock_timeout: 2000,
    idle_in_transaction_session_timeout: 5000,
    keepAlive: true,
    maxLifetimeSeconds: 300,
  });
  // Without a listener, an idle connection that breaks ends the process.
  pool.on('error', onIdleError);
  const adapter = new PrismaPg(pool, {
    statementNameGenerator: createStatementNames(),
    disposeExternalPool: true,
  });
  return new PrismaClient({ adapter, errorFormat: 'minimal' });
};
