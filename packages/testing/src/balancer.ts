import { once } from 'node:events';
import { type AddressInfo, type Socket, connect, createServer } from 'node:net';
import { atEnd } from './at-end.ts';

/** Spreads connections over nodes, as a load balancer does, and can cut all of them at once. */
export const startBalancer = async () => {
  let targets: string[] = [];
  let turn = 0;
  const sockets = new Set<Socket>();

  const server = createServer((client) => {
    const target = targets[turn++ % Math.max(1, targets.length)];
    if (target === undefined) {
      client.destroy();
      return;
    }
    const upstream = connect(Number(new URL(target).port), '127.0.0.1');
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket
        .on('error', () => {})
        .on('close', () => {
          sockets.delete(socket);
          client.destroy();
          upstream.destroy();
        });
    }
    client.pipe(upstream).pipe(client);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');

  const reset = () => {
    for (const socket of sockets) socket.resetAndDestroy();
  };
  atEnd(async () => {
    const closed = once(server, 'close');
    server.close();
    reset();
    await closed;
  });

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    /** Where new connections go from now on. */
    spreadOver: (...urls: string[]) => {
      targets = urls;
    },
    reset,
  };
};
