import { mkdir, rm } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { join, relative } from 'node:path';
import { Complaint } from './complaint.ts';

/** Whoever serves the socket is alive: the kernel lets go of it with the process, however it ends. */
const isServed = (path: string) =>
  new Promise<boolean>((resolve) => {
    const socket = connect(path, () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });

const serve = (path: string) =>
  new Promise<() => Promise<void>>((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', reject).listen(path, () => {
      server.unref();
      resolve(() => new Promise((closed) => server.close(() => closed())));
    });
  });

/** One start per folder: takes its lock, or complains; returns how to let go of it. */
export const takeLock = async (dir: string) => {
  await mkdir(dir, { recursive: true });
  // The path of a socket is limited to about a hundred characters.
  const path = relative(process.cwd(), join(dir, 'lock'));
  try {
    return await serve(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    if (await isServed(path)) throw new Complaint(`Taar runs from ${dir} already.`);
    await rm(path, { force: true });
    return serve(path);
  }
};
