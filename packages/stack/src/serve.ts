/** A child process of the stack: serves the named services on free ports of loopback. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Service } from '@taar/db';
import { type App, listen } from '@taar/kit/lifecycle';
import type { Env } from './env.ts';

export type Order = { env: Env; databases: Record<Service, string> };
export type Report = { ports: Partial<Record<Service, number>> } | { error: string };
type Create = (env: Env) => App;

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

const impatienceMs = 5_000;
const readyPauseMs = 50;
const readyWithinMs = 60_000;
const names = process.argv.slice(2) as Service[];
const apps: App[] = [];

const end = () => {
  setTimeout(() => process.exit(1), impatienceMs).unref();
  void Promise.allSettled(apps.map((app) => app.close())).then(() => process.exit(0));
};
// Ctrl-C reaches the whole process group; the parent stops its children in order.
process.on('SIGINT', () => {});
process.once('SIGTERM', end).once('disconnect', end);

// Loaded at once, put together when the order has come.
const loading = names.map(async (name) => ({ name, create: await load[name]() }));

/** Listening is not yet being able to work: connections are still on their way. */
const untilReady = async (port: number) => {
  const deadline = Date.now() + readyWithinMs;
  for (let report = ''; ; await sleep(readyPauseMs)) {
    report = await (await fetch(`http://127.0.0.1:${port}/ready`)).text();
    if ((JSON.parse(report) as { status: string }).status === 'ready') return;
    if (Date.now() > deadline) throw new Error(report);
  }
};

const serve = async ({ env, databases }: Order): Promise<Report> => {
  // Firebase's SDK looks for its emulator by itself.
  Object.assign(process.env, env);
  const ports: Partial<Record<Service, number>> = {};
  for (const { name, create } of await Promise.all(loading)) {
    const app = create({ ...process.env, DATABASE_URL: databases[name] });
    apps.push(app);
    ports[name] = await listen(app, 0, '127.0.0.1');
  }
  await Promise.all(Object.values(ports).map(untilReady));
  return { ports };
};

process.once('message', (order: Order) => {
  serve(order).then(
    (report) => process.send?.(report),
    (error: Error) => {
      process.send?.({ error: error.message });
      process.exitCode = 1;
      process.disconnect();
    },
  );
});
