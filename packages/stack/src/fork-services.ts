import { fork } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Service } from '@taar/db/owners';
import type { ServiceReport, ServiceSettings } from './serve-services.ts';

export type ServiceProcess = {
  pid: number;
  ports: Partial<Record<Service, number>>;
  ended: Promise<unknown>;
};
export type ServiceFork = ReturnType<typeof forkServices>;

const stopDeadlineMs = 8_000;

/** Forks a process that loads the code of some services and waits for `begin`. */
export const forkServices = (names: readonly Service[], print: (line: string) => void) => {
  const child = fork(fileURLToPath(new URL('serve-services.ts', import.meta.url)), [...names], {
    // V8's optimising compiler costs more time for Prisma's WebAssembly than a laptop gets back.
    execArgv: ['--liftoff-only'],
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  for (const output of [child.stdout!, child.stderr!])
    createInterface({ input: output }).on('line', print);
  const ended = once(child, 'exit');

  const terminate = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGTERM');
    const deadline = setTimeout(() => child.kill('SIGKILL'), stopDeadlineMs);
    await ended;
    clearTimeout(deadline);
  };
  let terminating: Promise<void> | undefined;

  return {
    /** Starts the services; resolves when they are ready for requests. */
    begin: async (settings: ServiceSettings): Promise<ServiceProcess> => {
      child.send(settings, () => {});
      const report = await Promise.race([
        once(child, 'message').then(([message]) => message as ServiceReport),
        ended.then((): ServiceReport => ({ error: 'the process ended.' })),
      ]);
      if ('error' in report) throw new Error(`${names.join(', ')} did not start: ${report.error}`);
      return { pid: child.pid!, ports: report.ports, ended };
    },
    // Once: a second SIGTERM would end the process before its services have closed.
    stop: () => (terminating ??= terminate()),
  };
};
