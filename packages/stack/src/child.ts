import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Service } from '@taar/db';
import type { Order, Report } from './serve.ts';

export type Child = {
  pid: number;
  ports: Partial<Record<Service, number>>;
  ended: Promise<unknown>;
  stop: () => Promise<void>;
};

const impatienceMs = 8_000;

/** Forks a process for some services; it loads their code until `begin` tells it what to work on. */
export const forkServices = (names: readonly Service[]) => {
  const child = fork(fileURLToPath(new URL('serve.ts', import.meta.url)), [...names], {
    execArgv: [],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const ended = once(child, 'exit');

  const stop = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGTERM');
    const impatience = setTimeout(() => child.kill('SIGKILL'), impatienceMs);
    await ended;
    clearTimeout(impatience);
  };

  const begin = async (order: Order): Promise<Child> => {
    child.send(order, () => {});
    const report = await Promise.race([
      once(child, 'message').then(([message]) => message as Report),
      ended.then((): Report => ({ error: 'it ended.' })),
    ]);
    if ('error' in report) throw new Error(`${names.join(', ')} did not start: ${report.error}`);
    return { pid: child.pid!, ports: report.ports, ended, stop };
  };

  return { begin, stop };
};
