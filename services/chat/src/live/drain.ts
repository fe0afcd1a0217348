import type { Server, Socket } from 'socket.io';
import { emitClosing } from './sessions.ts';

const maxReconnectMs = 15_000;
const graceMs = 2_000;

/**
 * Asks the client of every socket to reconnect at a random moment, spread over `forMs`, so that the
 * other nodes do not get all connections at once. Resolves when no socket is left.
 */
export const drain = async (io: Server, forMs: number) => {
  const withinMs = Math.min(maxReconnectMs, forMs);
  const sockets = [...io.of('/').sockets.values()];
  await Promise.all(
    sockets.map(
      (socket) =>
        new Promise<void>((resolve) => {
          setTimeout(() => {
            void closeGently(socket, Math.round(Math.random() * withinMs)).then(resolve);
          }, Math.random() * forMs);
        }),
    ),
  );
};

/** Answers the requests of the client until it disconnects; after a grace time the server does. */
const closeGently = (socket: Socket, retryAfterMs: number) =>
  new Promise<void>((resolve) => {
    if (socket.disconnected) {
      resolve();
      return;
    }
    const close = setTimeout(() => socket.conn.close(), graceMs);
    socket.once('disconnect', () => {
      clearTimeout(close);
      resolve();
    });
    emitClosing(socket, 'server_draining', retryAfterMs);
  });
