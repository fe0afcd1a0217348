import type { Logger } from '@taar/kit/logger';
import type { Server, Socket } from 'socket.io';

const checkMs = 250;
const maxPackets = 500;
const maxBytes = 1024 * 1024;

type Packet = { data?: string | Buffer };
/** What engine.io keeps and its types do not show. */
type Connection = {
  writeBuffer: Packet[];
  transport: { socket?: { bufferedAmount: number; terminate(): void } };
};
const connectionOf = (socket: Socket) => socket.conn as unknown as Connection;

/** What waits for a client to read: packets not yet handed over, and bytes in all. */
const waitingFor = (socket: Socket) => {
  const { writeBuffer, transport } = connectionOf(socket);
  const handedOver = transport.socket?.bufferedAmount ?? 0;
  const bytes = writeBuffer.reduce((sum, { data }) => sum + (data?.length ?? 0), handedOver);
  return { packets: writeBuffer.length, bytes };
};

/** Cuts sockets that do not read: Socket.io would keep everything for them in memory. */
export const watchBackPressure = (io: Server, logger: Logger) => {
  const timer = setInterval(() => {
    for (const socket of io.of('/').sockets.values()) {
      const waiting = waitingFor(socket);
      if (waiting.packets <= maxPackets && waiting.bytes <= maxBytes) continue;
      logger.warn('a socket that does not read was cut', waiting);
      const { transport } = connectionOf(socket);
      socket.conn.close(true);
      // A farewell would wait behind all that is not read, and keep it for half a minute.
      transport.socket?.terminate();
    }
  }, checkMs);
  return () => clearInterval(timer);
};
