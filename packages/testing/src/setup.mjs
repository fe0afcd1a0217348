import { fork } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { assertNodeVersion } from './node-version.ts';

/** Starts the test servers in a child process, which stops them even if this process is killed. */
export default async () => {
  assertNodeVersion(process.version);
  console.log(`The tests run on Node.js ${process.version}.`);
  // Tests start fifty Node.js processes, which then load compiled code.
  process.env.NODE_COMPILE_CACHE ??= join(tmpdir(), 'taar-compile-cache');
  const serversProcess = fork(fileURLToPath(new URL('servers-process.ts', import.meta.url)), {
    execArgv: [],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const ended = once(serversProcess, 'exit').then(() => {
    throw new Error('The servers for the tests did not start; the reason is above.');
  });
  // After the start, the end of the process is expected.
  ended.catch(() => {});
  const [env] = await Promise.race([once(serversProcess, 'message'), ended]);
  Object.assign(process.env, env);
  globalThis.serversProcess = serversProcess;
};
