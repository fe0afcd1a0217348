import { once } from 'node:events';
import { type AddressInfo, type Socket, connect, createServer } from 'node:net';
import { PassThrough, type Transform } from 'node:stream';
import { atEnd } from '@taar/testing/at-end';

/** Forwards TCP to a server, and its responses through `answers`, until it is cut. */
export const startTcpProxy = async (
  target: string,
  answers: () => Transform = () => new PassThrough(),
) => {
  const { hostname, port, protocol } = new URL(target);
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connect(Number(port), hostname);
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => {}).on('close', () => sockets.delete(socket));
    }
    client.pipe(upstream).pipe(answers()).pipe(client);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const cut = async () => {
    if (!server.listening) return;
    const closed = once(server, 'close');
    server.close();
    for (const socket of sockets) socket.destroy();
    await closed;
  };
  atEnd(cut);
  return { url: `${protocol}//127.0.0.1:${(server.address() as AddressInfo).port}`, cut };
};
