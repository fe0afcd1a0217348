import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ConfigError } from './config.ts';
import type { Logger } from './logger.ts';

/** A service that is created and not yet listening. */
export type App = {
  server: Server;
  logger: Logger;
  /** The service listens once this resolves. */
  ready?: Promise<void>;
  /** Graceful shutdown: accepts no more work, finishes work in flight, releases all resources. */
  close(): Promise<void>;
};

type Settings = { PORT: number; DRAIN_SECONDS: number };

/** Runs a service as this process until a stop signal or an uncaught error. */
export const run = async <C extends Settings>(
  readConfig: () => C,
  createApp: (config: C) => App,
) => {
  const config = readOrExit(readConfig);
  const app = createApp(config);
  const stop = (code: number) => {
    app.logger.info('stopping');
    // A request that never ends must not hold the deployment: the platform would kill the process.
    setTimeout(() => process.exit(1), config.DRAIN_SECONDS * 1_000 + 5_000).unref();
    void app.close().then(() => process.exit(code));
  };
  process.once('SIGTERM', () => stop(0));
  process.once('SIGINT', () => stop(0));
  for (const event of ['uncaughtException', 'unhandledRejection'])
    process.once(event, (error: unknown) => {
      app.logger.error(event, { error });
      stop(1);
    });
  const port = await listen(app, config.PORT);
  app.logger.info('listening', { port, node: process.version });
};

const readOrExit = <C>(readConfig: () => C): C => {
  try {
    return readConfig();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`${error.message}\n`);
    return process.exit(1);
  }
};

/** Listens on `port` (0: any free port) of `host` and returns the port. */
export const listen = async (
  { server, ready }: App,
  port: number,
  host?: string,
): Promise<number> => {
  await ready;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
  return (server.address() as AddressInfo).port;
};

/** Closes keep-alive connections as they become idle, and the remaining ones after `graceMs`. */
export const closeServer = async (server: Server, graceMs: number) => {
  if (!server.listening) return;
  const closed = new Promise<void>((resolve) => {
    server.close(() => resolve());
  });
  server.closeIdleConnections();
  const force = setTimeout(() => server.closeAllConnections(), graceMs);
  await closed;
  clearTimeout(force);
};
