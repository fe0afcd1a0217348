import type { Logger } from '@taar/kit/logger';
import { emitMetrics } from '@taar/kit/metrics';
import type { Server } from 'socket.io';

const everyMs = 60_000;

/** Emits the number of sockets of this node every minute; ECS scales the service by it. */
export const countSockets = (io: Server, logger: Logger) => {
  const timer = setInterval(() => {
    const value = io.of('/').sockets.size;
    emitMetrics(logger, { service: 'chat' }, [{ name: 'sockets', unit: 'Count', value }]);
  }, everyMs);
  return () => clearInterval(timer);
};
