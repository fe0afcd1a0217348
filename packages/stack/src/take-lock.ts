import { mkdir, rm } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { join, relative } from 'node:path';
import { StartError } from './start-error.ts';

/**
 * Takes the lock of a folder, so that it is used by one process at a time; returns a function that
 * releases it. The lock is a socket: the kernel closes it when the process ends, however it ends.
 */
export const takeLock = async (dir: string) => {
  await mkdir(dir, { recursive: true });
  // Relative, since the path of a socket is limited to about 100 characters.
  const path = relative(process.cwd(), join(dir, 'lock'));
  try {
    return await listenAt(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    if (await isServed(path)) throw new StartError(`Taar already runs from ${dir}.`);
    await rm(path, { force: true });
    return listenAt(path);
  }
};

const listenAt = async (path: string) => {
  const server = createServer((socket) => socket.destroy());
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(path, resolve);
  });
  server.unref();
  return () => new Promise<void>((resolve) => server.close(() => resolve()));
};

const isServed = (path: string) =>
  new Promise<boolean>((resolve) => {
    const socket = connect(path, () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
