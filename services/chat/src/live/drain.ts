import type { Server, Socket } from 'socket.io';
import { tellClosing } from './sessions.ts';

const maxReconnectMs = 15_000;
const graceMs = 2_000;

/** What the client has sent already is answered, after which it leaves by itself, or is made to. */
const sendAway = (socket: Socket, retryAfterMs: number) =>
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
    tellClosing(socket, 'server_draining', retryAfterMs);
  });

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
            void sendAway(socket, Math.round(Math.random() * withinMs)).then(resolve);
          }, Math.random() * forMs);
        }),
    ),
  );
};
