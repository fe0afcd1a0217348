import { existsSync } from 'node:fs';
import { enableCompileCache } from 'node:module';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { generateClient } from '@taar/db/generate';
import { createDisplay } from './display.ts';
import { StartError } from './start-error.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const settings = resolve(root, '.env');
if (existsSync(settings)) process.loadEnvFile(settings);

// Child processes read the variable. A second start loads its modules in half the time.
process.env['NODE_COMPILE_CACHE'] ??= resolve(root, 'node_modules/.cache/node');
enableCompileCache(process.env['NODE_COMPILE_CACHE']);

const stopping = new AbortController();
const display = createDisplay(process.stdout, stopping.signal);

const start = async () => {
  await generateClient((work) => display.track('Prisma client', work));
  // Imported late: its modules need the generated client and use the compile cache.
  const { startStack } = await import('./start-stack.ts');
  return startStack({
    dir: resolve(process.env['TAAR_DIR'] ?? resolve(root, '.taar')),
    port: Number(process.env['PORT'] ?? 8080),
    env: process.env,
    display,
    signal: stopping.signal,
  });
};
const starting = start();

const stop = () => {
  // A second Ctrl-C ends the process at once.
  if (stopping.signal.aborted) process.exit(1);
  stopping.abort();
  const stopped = starting.then(
    (stack) => stack.stop(),
    () => {},
  );
  void stopped.then(() => process.exit(0));
};
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop);

try {
  const { url, restart } = await starting;
  if (process.argv.includes('--watch')) {
    const { watchSources } = await import('./watch-sources.ts');
    watchSources(root, restart);
  }
  display.print(`Taar is ready: ${url} (Node.js ${process.version})`);
} catch (error) {
  if (!stopping.signal.aborted) {
    console.error(error instanceof StartError ? error.message : error);
    process.exit(1);
  }
}
