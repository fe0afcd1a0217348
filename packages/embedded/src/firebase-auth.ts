import { createServer, type RequestListener } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';

export type FirebaseAuthOptions = {
  project: string;
  port?: number;
  /** Default: loopback. */
  host?: string;
};

/** The internals of firebase-tools in use. It ships no types; its version is pinned. */
type Emulator = {
  createApp(project: string, singleProjectMode: number): Promise<RequestListener>;
};
type Exegesis = { middleware: (spec: object, options: object) => Promise<RequestListener> };

const refuseOtherProjects = 2;

/** Starts Google's Firebase Auth emulator, which keeps users in memory and signs no tokens. */
export const startFirebaseAuth = async ({
  project,
  port = 0,
  host: address = '127.0.0.1',
}: FirebaseAuthOptions) => {
  const require = createRequire(import.meta.url);
  compileValidatorsLazily(require.resolve('firebase-tools/lib/emulator/auth/server'));
  const emulator = require('firebase-tools/lib/emulator/auth/server') as Emulator;
  const server = createServer(await emulator.createApp(project, refuseOtherProjects));
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(port, address, resolve);
  });

  const host = `${address}:${(server.address() as AddressInfo).port}`;
  return {
    host,
    url: `http://${host}`,
    project,
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
};

/**
 * Makes exegesis, on which the emulator is built, compile the validators of an operation at its
 * first request. To compile all of them at the start takes 10 s of CPU.
 */
const compileValidatorsLazily = (emulatorFile: string) => {
  const requireFromEmulator = createRequire(emulatorFile);
  const exegesis = requireFromEmulator('exegesis-express') as Exegesis;
  const { middleware } = exegesis;
  exegesis.middleware = (spec, options) =>
    middleware(spec, { ...options, lazyCompileValidationSchemas: true });
};
