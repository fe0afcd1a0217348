import { once } from 'node:events';
import { type AddressInfo, type Socket, connect, createServer } from 'node:net';
import { atEnd } from './at-end.ts';

type Link = { client: Socket; redis: Socket; subscribes: boolean; silent: boolean };
type Faults = { frozen: boolean; readOnly: boolean };

/** Starts a proxy in front of Redis that can imitate the faults of networks and failovers. */
export const startRedisProxy = async (target: string) => {
  const { hostname, port } = new URL(target);
  const links = new Set<Link>();
  const sockets = new Set<Socket>();
  const faults: Faults = { frozen: false, readOnly: false };

  const server = createServer((client) => {
    const redis = connect(Number(port), hostname);
    const link = { client, redis, subscribes: false, silent: faults.frozen };
    links.add(link);
    for (const socket of [client, redis]) {
      sockets.add(socket);
      socket.on('close', () => {
        links.delete(link);
        sockets.delete(socket);
      });
    }
    forward(link, faults);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');

  atEnd(async () => {
    const closed = once(server, 'close');
    server.close();
    for (const socket of sockets) socket.destroy();
    await closed;
  });

  return {
    url: `redis://127.0.0.1:${(server.address() as AddressInfo).port}`,
    /** Present subscribers receive no more messages, and no error. New connections work. */
    deafen: () => {
      for (const link of links) link.silent ||= link.subscribes;
    },
    /** No byte passes, and no connection is closed. After `thaw`, new connections work. */
    freeze: () => {
      faults.frozen = true;
      for (const link of links) link.silent = true;
    },
    thaw: () => {
      faults.frozen = false;
    },
    /** Commands are answered as a replica answers writes. */
    setReadOnly: (on: boolean) => {
      faults.readOnly = on;
    },
  };
};

const forward = (link: Link, faults: Faults) => {
  const { client, redis } = link;
  for (const socket of [client, redis])
    socket
      .on('error', () => {})
      .on('close', () => {
        // A silent link hides the end of one side from the other.
        if (!link.silent) for (const end of [client, redis]) end.destroy();
      });
  client.on('data', (data) => {
    if (/subscribe/i.test(data.toString('latin1'))) link.subscribes = true;
    if (link.silent) return;
    if (faults.readOnly && !link.subscribes)
      client.write('-READONLY This is a replica.\r\n'.repeat(countCommands(data)));
    else redis.write(data);
  });
  redis.on('data', (data) => {
    if (!link.silent) client.write(data);
  });
};

const countCommands = (data: Buffer) => data.toString('latin1').match(/^\*\d+\r$/gm)?.length ?? 0;
