import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { atEnd } from '@taar/testing/at-end';

type Line = { level: string; message: string; port?: number };

/** A chat node as a process that a test can kill, from the sources or from a build. */
export const startProcess = async (env: Record<string, string>, entry = 'src/main.ts') => {
  const main = fileURLToPath(new URL(`../${entry}`, import.meta.url));
  const child = spawn(process.execPath, [main], {
    env: { ...process.env, RATE_LIMIT_FACTOR: '100', ...env, LOG_LEVEL: 'info', PORT: '0' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>;
  const lines: Line[] = [];
  const listening = new Promise<number>((resolve, reject) => {
    createInterface(child.stdout).on('line', (text) => {
      const line = JSON.parse(text) as Line;
      lines.push(line);
      if (line.message === 'listening') resolve(line.port!);
    });
    void exited.then(() => reject(new Error(`The node exited: ${JSON.stringify(lines)}`)));
  });
  const end = async (signal: NodeJS.Signals) => {
    child.kill(signal);
    return exited;
  };
  atEnd(() => end('SIGKILL'));

  return {
    url: `http://127.0.0.1:${await listening}`,
    pid: child.pid!,
    end,
    exited,
    isRunning: () => child.exitCode === null && child.signalCode === null,
    errors: () => lines.filter(({ level }) => level === 'error'),
    logged: (message: string) => lines.filter((line) => line.message === message),
  };
};
