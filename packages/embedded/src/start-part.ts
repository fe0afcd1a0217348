import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { PartReport } from './part-process.ts';
import type { PartName, PartOptions } from './parts.ts';

const stopDeadlineMs = 5_000;

export type Part = { url: string; pid: number; stop: () => Promise<void> };

/** Starts a part in a separate process, so that its work never delays a service's event loop. */
export const startPart = async <Name extends PartName>(
  name: Name,
  options: PartOptions<Name>,
): Promise<Part> => {
  const child = fork(fileURLToPath(new URL('part-process.ts', import.meta.url)), [name], {
    execArgv: [],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  child.send({ name, options });

  const failed = (why: string) => new Error(`The embedded ${name} did not start: ${why}`);
  const url = await new Promise<string>((resolve, reject) => {
    child.once('error', (error) => reject(failed(error.message)));
    child.once('message', (report: PartReport) => {
      if ('url' in report) resolve(report.url);
      else reject(failed(report.error));
    });
    child.once('exit', (code, signal) =>
      reject(failed(`its process ended with ${signal ?? code}.`)),
    );
  });

  return {
    url,
    pid: child.pid!,
    stop: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      const deadline = setTimeout(() => child.kill('SIGKILL'), stopDeadlineMs);
      await ended;
      clearTimeout(deadline);
    },
  };
};
