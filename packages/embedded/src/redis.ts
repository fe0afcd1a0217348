import type { AddressInfo, Socket } from 'node:net';
import {
  createRedisCommandExecutor,
  RedisServerState,
  resolveCompatibilityProfile,
  Resp2Server,
} from 'js-redis-server/core';

export type RedisOptions = { port?: number };

/** Serves the Redis protocol on loopback. Its data is in memory and lost when it closes. */
export const startRedis = async ({ port = 0 }: RedisOptions = {}) => {
  const compatibility = resolveCompatibilityProfile('redis-7.2');
  const state = new RedisServerState({ databaseCount: 16, compatibility });
  const redis: Resp2Server = new Resp2Server({
    server: state,
    executor: createRedisCommandExecutor({ compatibility }),
    logger: {
      error: (error) => {
        // A failed start is thrown below, and clients may disconnect at any time.
        const { code } = error as { code?: string };
        if (redis.server.listening && code !== 'ECONNRESET') console.error(error);
      },
    },
  });

  const sockets = new Set<Socket>();
  redis.server.on('connection', (socket) => {
    // With Nagle's algorithm, small published messages are delayed by up to 40 ms.
    socket.setNoDelay(true);
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  // The package's listen() would bind every interface.
  await new Promise<void>((resolve, reject) => {
    redis.server.once('error', reject).listen({ port, host: '127.0.0.1' }, resolve);
  });

  return {
    url: `redis://127.0.0.1:${(redis.server.address() as AddressInfo).port}`,
    close: async () => {
      const closed = redis.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
};
