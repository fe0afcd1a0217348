import { existsSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { accountFor, runAs } from './postgres-account.ts';
import { foldersFor } from './postgres-folders.ts';
import { openCluster } from './postgres-cluster.ts';

export type PostgresOptions = {
  dir: string;
  port?: number;
  settings?: Record<string, string | number>;
};

/** `url` signs in as the superuser to the database `postgres`. */
export type Postgres = { url: string; pid: number; stop: () => Promise<void> };

/** Starts the server of a folder, or takes over the server that already runs in it. */
export const startPostgres = async (options: PostgresOptions): Promise<Postgres> => {
  const account = await accountFor(options.dir);
  const run = runAs(account);
  const { bin, home } = await foldersFor(options.dir, account);
  const { data, password } = await openCluster({ bin, home }, run, account);
  const control = (...args: string[]) => run(join(bin, 'pg_ctl'), [...args, '-D', data, '-s']);
  const log = join(home, 'postgres.log');

  const running = async (): Promise<Omit<Postgres, 'stop'> | undefined> => {
    const lock = await readFile(lockOf(data), 'utf8').catch(() => '');
    const [pid, , , port] = lock.split('\n');
    if (!port || !(await succeeds(control('status')))) return undefined;
    const url = `postgresql://postgres:${password}@127.0.0.1:${port}/postgres`;
    if (await answers(url)) return { url, pid: Number(pid) };
    // The lock is left by a killed server; its process id may belong to another process by now.
    await rm(lockOf(data), { force: true });
    return undefined;
  };

  const start = async () => {
    const flags = {
      port: options.port ?? (await freePort()),
      listen_addresses: '127.0.0.1',
      unix_socket_directories: '',
      timezone: 'UTC',
      max_connections: 200,
      ...options.settings,
    };
    const text = Object.entries(flags).map(([name, value]) => `-c ${name}="${value}"`);
    await control('start', '-w', '-l', log, '-o', text.join(' '));
  };

  let server = await running();
  if (!server) {
    const failure = await start().then(
      () => undefined,
      (error: Error) => error,
    );
    // A concurrent start may have won the race: then its server is taken over.
    server = await running();
    if (!server) throw new Error(`PostgreSQL did not start, see ${log}.`, { cause: failure });
  }
  return {
    ...server,
    stop: async () => {
      if (existsSync(lockOf(data))) await control('stop', '-m', 'fast', '-w');
    },
  };
};

const lockOf = (data: string) => join(data, 'postmaster.pid');

const succeeds = (attempt: Promise<unknown>) =>
  attempt.then(
    () => true,
    () => false,
  );

/** Waits while the server recovers from a crash; gives up after 2 s of refused connections. */
const answers = async (url: string) => {
  for (let refusals = 0; refusals < 20; await sleep(100)) {
    const code = await connectionError(url);
    if (!code) return true;
    if (code === 'ECONNREFUSED') refusals++;
    else if (code !== '57P03') return false;
  }
  return false;
};

const connectionError = async (connectionString: string): Promise<string | undefined> => {
  const client = new Client({ connectionString });
  // Without a listener, a server that dies now would end this process by an unhandled error.
  client.on('error', () => {});
  try {
    await client.connect();
    return undefined;
  } catch (error) {
    return (error as { code?: string }).code ?? 'unknown';
  } finally {
    await client.end().catch(() => {});
  }
};

const freePort = async () => {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
};
