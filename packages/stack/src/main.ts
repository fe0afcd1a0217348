import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Complaint } from './complaint.ts';
import { startStack } from './start.ts';
import { watchSources } from './watch.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const settings = resolve(root, '.env');
if (existsSync(settings)) process.loadEnvFile(settings);

const giveUp = new AbortController();
const starting = startStack({
  dir: resolve(process.env['TAAR_DIR'] ?? resolve(root, '.taar')),
  port: Number(process.env['PORT'] ?? 8080),
  env: process.env,
  say: console.log,
  signal: giveUp.signal,
});

const end = () => {
  // Who asks twice does not want to wait.
  if (giveUp.signal.aborted) process.exit(1);
  giveUp.abort();
  const stopped = starting.then(
    ({ stop }) => stop(),
    () => {},
  );
  void stopped.then(() => process.exit(0));
};
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, end);

try {
  const { url, restart } = await starting;
  if (process.argv.includes('--watch')) watchSources(root, restart);
  console.log(`Taar is ready: ${url}`);
} catch (error) {
  if (!giveUp.signal.aborted) {
    console.error(error instanceof Complaint ? error.message : error);
    process.exit(1);
  }
}
