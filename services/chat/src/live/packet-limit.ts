import type { Server } from 'socket.io';

const packetsPerSecond = 100;
const packetBurst = 1_500;
const bytesPerSecond = 512 * 1024;
const byteBurst = 4 * 1024 * 1024;
/** A token, a device id and a state fit several times. */
const maxBytesBeforeAuthentication = 16 * 1024;

type Packet = { data?: string | Buffer };
/** Methods of engine.io's connection that this file uses. */
type Connection = {
  on(event: 'packet', listener: (packet: Packet) => void): void;
  close(discard: boolean): void;
};

/**
 * Limits the packets of each connection: pings, namespaces and frames that are no events cost time,
 * too, and reach no other limit. `trust` lifts the limit of size for a socket that authenticated.
 * `factor` (RATE_LIMIT_FACTOR) multiplies the limits.
 */
export const createPacketLimit = (io: Server, factor: number) => {
  const trusted = new WeakSet<object>();

  io.engine.on('connection', (connection: Connection) => {
    const [maxPackets, maxBytes] = [packetBurst * factor, byteBurst * factor];
    let [packets, bytes, at] = [maxPackets, maxBytes, performance.now()];
    connection.on('packet', ({ data }) => {
      const now = performance.now();
      const seconds = (now - at) / 1_000;
      at = now;
      const size = data?.length ?? 0;
      packets = Math.min(maxPackets, packets + seconds * packetsPerSecond * factor) - 1;
      bytes = Math.min(maxBytes, bytes + seconds * bytesPerSecond * factor) - size;
      const isTooLarge = size > maxBytesBeforeAuthentication && !trusted.has(connection);
      if (packets < 0 || bytes < 0 || isTooLarge) connection.close(true);
    });
  });

  return { trust: (connection: object) => void trusted.add(connection) };
};
