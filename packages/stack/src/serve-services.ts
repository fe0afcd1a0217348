/** A child process of the stack: serves the named services on free ports of loopback. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Service } from '@taar/db/owners';
import { type App, listen } from '@taar/kit/lifecycle';
import type { Env } from './env.ts';

export type ServiceSettings = { env: Env; databases: Record<Service, string> };
export type ServiceReport = { ports: Partial<Record<Service, number>> } | { error: string };
type Create = (env: Env) => App;

const stopDeadlineMs = 5_000;
const readyPollMs = 20;
const readyDeadlineMs = 60_000;
const apps: App[] = [];

const serve = async ({ env, databases }: ServiceSettings): Promise<ServiceReport> => {
  // Firebase's SDK reads the address of its emulator from the environment.
  Object.assign(process.env, env);
  const ports: Partial<Record<Service, number>> = {};
  for (const { name, create } of await Promise.all(loading)) {
    const app = create({ ...process.env, DATABASE_URL: databases[name] });
    apps.push(app);
    const port = await listen(app, 0, '127.0.0.1');
    // One service after another: the start of the next would delay the connections of this one.
    await untilReady(port);
    ports[name] = port;
  }
  return { ports };
};

/** A service that listens may still be connecting to the database and Redis. */
const untilReady = async (port: number) => {
  const deadline = Date.now() + readyDeadlineMs;
  for (let report = ''; ; await sleep(readyPollMs)) {
    report = await (await fetch(`http://127.0.0.1:${port}/ready`)).text();
    if ((JSON.parse(report) as { status: string }).status === 'ready') return;
    if (Date.now() > deadline) throw new Error(report);
  }
};

const together = async <C>(
  app: Promise<{ createApp: (config: C) => App }>,
  settings: Promise<{ config: (env: Env) => C }>,
): Promise<Create> => {
  const [{ createApp }, { config }] = await Promise.all([app, settings]);
  return (env) => createApp(config(env));
};

const load: Record<Service, () => Promise<Create>> = {
  auth: () => together(import('@taar/auth/app'), import('@taar/auth/config')),
  chat: () => together(import('@taar/chat/app'), import('@taar/chat/config')),
  user: () => together(import('@taar/user/app'), import('@taar/user/config')),
  media: () => together(import('@taar/media/app'), import('@taar/media/config')),
  status: () => together(import('@taar/status/app'), import('@taar/status/config')),
};

// The code is loaded at once; the services start when their settings arrive.
const names = process.argv.slice(2) as Service[];
const loading = names.map(async (name) => ({ name, create: await load[name]() }));

const stop = () => {
  setTimeout(() => process.exit(1), stopDeadlineMs).unref();
  void Promise.allSettled(apps.map((app) => app.close())).then(() => process.exit(0));
};
// Ctrl-C reaches the whole process group; the parent stops its children in order.
process.on('SIGINT', () => {});
process.once('SIGTERM', stop).once('disconnect', stop);

process.once('message', (settings: ServiceSettings) => {
  serve(settings).then(
    (report) => process.send?.(report),
    (error: Error) => {
      process.send?.({ error: error.message });
      process.exitCode = 1;
      process.disconnect();
    },
  );
});
