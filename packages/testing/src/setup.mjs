import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { assertNodeVersion } from './node-version.ts';

/** Starts what the tests need in a process that ends it even when this one is killed. */
export default async () => {
  assertNodeVersion(process.version);
  const keeper = fork(fileURLToPath(new URL('keeper.ts', import.meta.url)), {
    execArgv: [],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const ended = once(keeper, 'exit').then(() => {
    throw new Error('The servers for the tests did not start; the reason is above.');
  });
  // Only while it starts: later it ends by our own will.
  ended.catch(() => {});
  const [env] = await Promise.race([once(keeper, 'message'), ended]);
  Object.assign(process.env, env);
  globalThis.keeper = keeper;
};
