import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startPostgres } from '@taar/embedded/postgres';
import { atEnd } from './at-end.ts';
import { createTemplate } from './template.ts';

const template = 'taar_template';

/** Starts a PostgreSQL for one test that writes to disk as in production and can be killed. */
export const startOwnPostgres = async () => {
  const dir = await mkdtemp(join(tmpdir(), 'taar-postgres-'));
  // If this process is root, PostgreSQL runs as another account, which needs access to the folder.
  await chmod(dir, 0o755);
  const start = (port?: number) =>
    startPostgres({ dir: join(dir, 'postgres'), ...(port !== undefined && { port }) });
  let server = await start();
  const { url } = server;
  atEnd(async () => {
    await server.stop();
    await rm(dir, { recursive: true, force: true });
  });
  await createTemplate(url, template);

  return {
    server: { url, template },
    pid: () => server.pid,
    stop: () => server.stop(),
    kill: () => process.kill(server.pid, 'SIGKILL'),
    start: async () => {
      server = await start(Number(new URL(url).port));
    },
  };
};
