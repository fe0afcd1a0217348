import { once } from 'node:events';
import { type AddressInfo, type Socket, connect, createServer } from 'node:net';
import { atEnd } from './at-end.ts';

type Link = { client: Socket; upstream: Socket; subscribes: boolean; silent: boolean };

const countCommands = (data: Buffer) => data.toString('latin1').match(/^\*\d+\r$/gm)?.length ?? 0;

/** Stands between a service and Redis, to do what networks and failovers do. */
export const startRedisProxy = async (target: string) => {
  const { hostname, port } = new URL(target);
  const links = new Set<Link>();
  const ends = new Set<Socket>();
  let frozen = false;
  let readOnly = false;

  const server = createServer((client) => {
    const upstream = connect(Number(port), hostname);
    const link: Link = { client, upstream, subscribes: false, silent: frozen };
    links.add(link);
    ends.add(client).add(upstream);
    for (const socket of [client, upstream])
      socket
        .on('error', () => {})
        .on('close', () => {
          links.delete(link);
          ends.delete(socket);
          // A silent link does not tell its other end.
          if (!link.silent) for (const end of [client, upstream]) end.destroy();
        });
    client.on('data', (data) => {
      if (/subscribe/i.test(data.toString('latin1'))) link.subscribes = true;
      if (link.silent) return;
      if (readOnly && !link.subscribes)
        client.write('-READONLY This is a replica.\r\n'.repeat(countCommands(data)));
      else upstream.write(data);
    });
    upstream.on('data', (data) => {
      if (!link.silent) client.write(data);
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');

  atEnd(async () => {
    const closed = once(server, 'close');
    server.close();
    for (const end of ends) end.destroy();
    await closed;
  });

  return {
    url: `redis://127.0.0.1:${(server.address() as AddressInfo).port}`,
    /** What is subscribed now hears nothing any more, and is not told. New connections work. */
    deafen: () => {
      for (const link of links) link.silent ||= link.subscribes;
    },
    /** Nothing passes and nobody is told, until it is thawed: then new connections work. */
    freeze: () => {
      frozen = true;
      for (const link of links) link.silent = true;
    },
    thaw: () => {
      frozen = false;
    },
    /** Commands are answered as a replica answers writes. */
    setReadOnly: (on: boolean) => {
      readOnly = on;
    },
  };
};
