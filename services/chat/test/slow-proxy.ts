import { once } from 'node:events';
import { type AddressInfo, type Socket, connect, createServer } from 'node:net';
import { atEnd } from '@taar/testing/at-end';
import { pause } from './wait.ts';

export type Link = {
  /** In each direction, for each connection. */
  bytesPerSecond: number;
  /** One way. */
  latencyMs?: number;
  /** Share of pieces for which the connection stands still for `holdMs`, as a radio link does. */
  heldShare?: number;
  holdMs?: number;
};

const pieceBytes = 512;

/** A proxy before a node whose connections have the speed of a slow radio link. */
export const startSlowProxy = async (target: string, link: Link) => {
  const sockets = new Set<Socket>();
  let sentBytes = 0;
  const server = createServer((phone) => {
    const node = connect(Number(new URL(target).port), '127.0.0.1');
    for (const socket of [phone, node]) {
      sockets.add(socket);
      socket.on('error', () => socket.destroy()).on('close', () => sockets.delete(socket));
    }
    // The phone still gets the bytes that are under way when the node closes.
    phone.on('close', () => node.destroy());
    void forward(phone, node, link);
    void forward(node, phone, link, (bytes) => (sentBytes += bytes));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  atEnd(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  const { port } = server.address() as AddressInfo;
  /** `sentBytes`: what the node has sent to phones. */
  return { url: `http://127.0.0.1:${port}`, sentBytes: () => sentBytes };
};

/** Reads only as fast as the link carries, so that the sender feels back-pressure. */
const forward = async (
  from: Socket,
  to: Socket,
  link: Link,
  count: (bytes: number) => void = () => undefined,
) => {
  const { bytesPerSecond, latencyMs = 0, heldShare = 0, holdMs = 0 } = link;
  let isFreeAt = performance.now();
  try {
    for await (const data of from as AsyncIterable<Buffer>)
      for (let start = 0; start < data.length; start += pieceBytes) {
        const piece = data.subarray(start, start + pieceBytes);
        count(piece.length);
        isFreeAt = Math.max(isFreeAt, performance.now()) + (piece.length / bytesPerSecond) * 1_000;
        if (Math.random() < heldShare) isFreeAt += holdMs;
        const waitMs = isFreeAt - performance.now();
        if (waitMs > 0) await pause(waitMs);
        setTimeout(() => to.write(piece), latencyMs);
      }
    setTimeout(() => to.end(), latencyMs);
  } catch {
    to.destroy();
  }
};
