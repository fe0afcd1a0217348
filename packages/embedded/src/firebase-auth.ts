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
type ApiSpec = { default: { paths: Record<string, unknown> } };

const refuseOtherProjects = 2;

/** The paths of sign-in by phone. Compiling the validators of all 80 paths takes 10 s of CPU. */
const keptPaths = [
  /^\/v1\/accounts:(sendVerificationCode|signInWithPhoneNumber|signInWithCustomToken)$/,
  /^\/v1\/accounts:(lookup|update|delete|signUp)$/,
  /^\/v1\/projects\/\{targetProjectId\}\/accounts(:(lookup|update|delete|query))?$/,
  /^\/v1\/projects\/\{targetProjectId\}\/accounts:batch(Get|Create|Delete)$/,
  /^\/v1\/token$/,
  /^\/emulator\//,
  /publicKeys|recaptchaParams/,
];

/** Starts Google's Firebase Auth emulator, which keeps users in memory and signs no tokens. */
export const startFirebaseAuth = async ({
  project,
  port = 0,
  host: address = '127.0.0.1',
}: FirebaseAuthOptions) => {
  const require = createRequire(import.meta.url);
  const { paths } = (require('firebase-tools/lib/emulator/auth/apiSpec') as ApiSpec).default;
  for (const path of Object.keys(paths))
    if (!keptPaths.some((kept) => kept.test(path))) delete paths[path];

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
