import { PrismaPg } from '@prisma/adapter-pg';
import { Pool } from 'pg';
import { PrismaClient } from './generated/client.ts';
import { createStatementNames } from './statement-names.ts';

export type DbOptions = {
  /** Connections of this process. */
  max?: number;
  /** Shown by PostgreSQL beside each connection. */
  applicationName?: string;
  /** How long a caller waits for a connection. */
  connectTimeoutMs?: number;
  /** An idle connection broke; the pool has replaced it already. */
  onIdleError?: (error: Error) => void;
};

/**
 * Opens the database for one process. Every wait is bounded on both sides: a server that froze
 * cannot obey its own statement_timeout, so the client has query_timeout as well.
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
  // Without a listener an idle connection that breaks would end the process.
  pool.on('error', onIdleError);
  const adapter = new PrismaPg(pool, {
    statementNameGenerator: createStatementNames(),
    disposeExternalPool: true,
  });
  return new PrismaClient({ adapter, errorFormat: 'minimal' });
};
