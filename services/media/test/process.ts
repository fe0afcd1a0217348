import { fork } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { atEnd } from '@taar/testing/at-end';

/** Starts the service in a separate process, from its sources or from its bundle. */
export const startProcess = async (
  script: 'src/main.ts' | 'dist/main.js',
  env: Record<string, string>,
) => {
  const child = fork(fileURLToPath(new URL(`../${script}`, import.meta.url)), {
    env: { ...env, PORT: '0', LOG_LEVEL: 'info' },
    execArgv: [],
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  });
  const ended = once(child, 'exit');
  const end = async (signal: 'SIGTERM' | 'SIGKILL') => {
    child.kill(signal);
    await ended;
  };
  atEnd(() => end('SIGTERM'));
  for await (const line of createInterface(child.stdout!)) {
    const port = /"port":(\d+)/.exec(line)?.[1];
    if (port)
      return { pid: child.pid!, url: `http://127.0.0.1:${port}`, kill: () => end('SIGKILL') };
  }
  throw new Error('The service did not start.');
};
