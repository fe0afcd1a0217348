import type { Server } from 'socket.io';
import { closeSocket } from './sessions.ts';

const maxReconnectMs = 15_000;

/**
 * Sends every socket to another node, spread over `forMs`, and to come back at a random moment, so
 * that the nodes that stay are not stormed.
 */
export const drain = async (io: Server, forMs: number) => {
  // Whoever shuts down in a second is awaited as soon.
  const withinMs = Math.min(maxReconnectMs, forMs);
  const sockets = [...io.of('/').sockets.values()];
  await Promise.all(
    sockets.map(
      (socket) =>
        new Promise<void>((resolve) => {
          setTimeout(() => {
            closeSocket(socket, 'server_draining', Math.round(Math.random() * withinMs));
            resolve();
          }, Math.random() * forMs);
        }),
    ),
  );
};
