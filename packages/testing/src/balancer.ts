import { once } from 'node:events';
import { type AddressInfo, type Socket, connect, createServer } from 'node:net';
import { atEnd } from './at-end.ts';

/** Starts a load balancer that connects clients with nodes in turn and can cut all connections. */
export const startBalancer = async () => {
  let targets: string[] = [];
  let turn = 0;
  const sockets = new Set<Socket>();

  const server = createServer((client) => {
    const target = targets[turn++ % Math.max(1, targets.length)];
    if (target === undefined) client.destroy();
    else connectBoth(client, target, sockets);
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
    /** Sets the nodes of new connections. */
    spreadOver: (...urls: string[]) => {
      targets = urls;
    },
    reset,
  };
};

/** Connects a client with a node; when one of the two sockets closes, so does the other. */
const connectBoth = (client: Socket, target: string, sockets: Set<Socket>) => {
  const node = connect(Number(new URL(target).port), '127.0.0.1');
  for (const socket of [client, node]) {
    sockets.add(socket);
    socket
      .on('error', () => {})
      .on('close', () => {
        sockets.delete(socket);
        client.destroy();
        node.destroy();
      });
  }
  client.pipe(node).pipe(client);
};
