import type { Display } from './display.ts';
import type { Env } from './env.ts';
import { keepStackFile } from './keep-stack-file.ts';
import { printOtps } from './print-otps.ts';
import { restoreFirebaseUsers } from './restore-firebase-users.ts';
import { openSecrets } from './secrets.ts';
import { serviceEnv } from './service-env.ts';
import { createServices } from './services.ts';
import { StartError } from './start-error.ts';
import { startGateway } from './start-gateway.ts';
import { startParts } from './start-parts.ts';
import { takeLock } from './take-lock.ts';

export type StackOptions = {
  /** The folder of data, secrets and the lock. */
  dir: string;
  port: number;
  env: Env;
  display: Display;
  /** Aborts a start that is under way. */
  signal?: AbortSignal;
};
export type Stack = Awaited<ReturnType<typeof startStack>>;

/** Starts the whole system; resolves when it is ready for requests. */
export const startStack = async ({ dir, port, env, display, signal }: StackOptions) => {
  const undo: (() => unknown)[] = [];
  const stop = async () => {
    for (let last = undo.pop(); last; last = undo.pop()) await last();
  };

  try {
    undo.push(await takeLock(dir));
    const secrets = await openSecrets(dir);
    const services = createServices(display);
    const gateway = await startGateway(port, services.targets).catch(orPortInUse(port));
    undo.push(gateway.close);

    // The services load their code while the parts start. They are stopped before the parts.
    services.load();
    undo.push(services.stop);
    signal?.addEventListener('abort', () => void services.stop());
    const parts = await startParts(dir, env, secrets, display);
    undo.push(parts.stop, services.stop);
    signal?.throwIfAborted();

    const { database, firebaseAuth } = parts;
    if (firebaseAuth) await restoreFirebaseUsers(firebaseAuth, database.adminUrl);
    await services.begin({
      env: serviceEnv(env, gateway.port, parts, secrets),
      databases: database.urls,
    });

    const url = `http://localhost:${gateway.port}`;
    undo.push(await keepStackFile(dir, { gateway: url, parts, services }));
    if (firebaseAuth) undo.push(printOtps(firebaseAuth, display.print));
    return { url, restart: services.restart, stop };
  } catch (error) {
    await stop();
    throw error;
  }
};

const orPortInUse = (port: number) => (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EADDRINUSE') throw error;
  throw new StartError(`Port ${port} is in use. Choose another: PORT=${port + 1} npm start`);
};
