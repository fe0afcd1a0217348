import { Complaint } from './complaint.ts';
import type { Env } from './env.ts';
import { restoreFirebaseUsers } from './firebase-users.ts';
import { startGateway } from './gateway.ts';
import { takeLock } from './lock.ts';
import { printOtps } from './otp-printer.ts';
import { startParts } from './parts.ts';
import { openSecrets } from './secrets.ts';
import { serviceEnv } from './service-env.ts';
import { createServices } from './services.ts';
import { keepStackFile } from './stack-file.ts';

export type StackOptions = {
  /** Where data, secrets and the lock live. */
  dir: string;
  port: number;
  env: Env;
  say: (line: string) => void;
  /** Gives up a start that is under way. */
  signal?: AbortSignal;
};
export type Stack = Awaited<ReturnType<typeof startStack>>;

const portComplaint = (port: number) => (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EADDRINUSE') throw error;
  throw new Complaint(`Port ${port} is in use; name another: PORT=${port + 1} npm start`);
};

/** Starts the whole system; resolves when it can be used. */
export const startStack = async ({ dir, port, env, say, signal }: StackOptions) => {
  const undo: (() => unknown)[] = [];
  const stop = async () => {
    for (let last = undo.pop(); last; last = undo.pop()) await last();
  };

  try {
    undo.push(await takeLock(dir));
    const secrets = await openSecrets(dir);
    const services = createServices(say);
    const gateway = await startGateway(port, services.targets).catch(portComplaint(port));
    undo.push(gateway.close);

    // The services load their code while the parts start, and stop before the parts do.
    services.load();
    undo.push(services.stop);
    signal?.addEventListener('abort', () => void services.stop());
    const parts = await startParts(dir, env, secrets, say);
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
    if (firebaseAuth) undo.push(printOtps(firebaseAuth, say));
    return { url, restart: services.restart, stop };
  } catch (error) {
    await stop();
    throw error;
  }
};
