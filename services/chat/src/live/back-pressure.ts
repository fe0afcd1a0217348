import type { Logger } from '@taar/kit/logger';
import type { Server, Socket } from 'socket.io';

const checkMs = 250;
const maxPackets = 500;
const maxBytes = 1024 * 1024;

type Packet = { data?: string | Buffer };
/** Fields of engine.io that its types do not show. */
type Connection = {
  writeBuffer: Packet[];
  transport: { socket?: { bufferedAmount: number; terminate(): void } };
};
const connectionOf = (socket: Socket) => socket.conn as unknown as Connection;

/** Disconnects slow consumers: Socket.io would keep all their packets in memory. */
export const watchBackPressure = (io: Server, logger: Logger) => {
  const timer = setInterval(() => {
    for (const socket of io.of('/').sockets.values()) {
      const waiting = backlogOf(socket);
      if (waiting.packets <= maxPackets && waiting.bytes <= maxBytes) continue;
      logger.warn('A socket was closed: its client reads too slowly.', waiting);
      const { transport } = connectionOf(socket);
      socket.conn.close(true);
      // A close frame would wait behind the backlog, and keep it in memory for half a minute.
      transport.socket?.terminate();
    }
  }, checkMs);
  return () => clearInterval(timer);
};

/** Packets that wait in engine.io, and all bytes that wait for the client to read. */
const backlogOf = (socket: Socket) => {
  const { writeBuffer, transport } = connectionOf(socket);
  const handedOver = transport.socket?.bufferedAmount ?? 0;
  const bytes = writeBuffer.reduce((sum, { data }) => sum + (data?.length ?? 0), handedOver);
  return { packets: writeBuffer.length, bytes };
};
