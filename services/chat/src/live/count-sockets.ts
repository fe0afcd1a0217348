import type { Logger } from '@taar/kit/logger';
import { emitMetrics } from '@taar/kit/metrics';
import type { Server } from 'socket.io';

const everyMs = 60_000;

/** Tells every minute how many sockets this node holds: the number by which nodes are added. */
export const countSockets = (io: Server, logger: Logger) => {
  const timer = setInterval(() => {
    const value = io.of('/').sockets.size;
    emitMetrics(logger, { service: 'chat' }, [{ name: 'sockets', unit: 'Count', value }]);
  }, everyMs);
  return () => clearInterval(timer);
};
