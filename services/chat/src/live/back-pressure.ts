import type { Logger } from '@taar/kit/logger';
import type { Server } from 'socket.io';

const checkMs = 250;
const maxPackets = 500;

/** Cuts sockets that do not read: Socket.io would keep everything for them in memory. */
export const watchBackPressure = (io: Server, logger: Logger) => {
  const timer = setInterval(() => {
    for (const socket of io.of('/').sockets.values()) {
      const waiting = (socket.conn as unknown as { writeBuffer: unknown[] }).writeBuffer.length;
      if (waiting <= maxPackets) continue;
      logger.warn('a socket that does not read was cut', { waiting });
      socket.conn.close(true);
    }
  }, checkMs);
  return () => clearInterval(timer);
};
