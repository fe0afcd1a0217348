import { Server } from 'socket.io';

const maxFrameBytes = 256 * 1024;

/**
 * WebSocket only: mobile clients keep no cookie of the load balancer, so polling requests would
 * reach other nodes. CORS does not cover WebSockets, so foreign Origins are refused here.
 */
export const createIo = (origins: string[]) =>
  new Server({
    transports: ['websocket'],
    serveClient: false,
    pingInterval: 20_000,
    pingTimeout: 10_000,
    connectTimeout: 10_000,
    maxHttpBufferSize: maxFrameBytes,
    perMessageDeflate: false,
    cleanupEmptyChildNamespaces: true,
    allowRequest: (req, callback) => {
      const { origin } = req.headers;
      callback(null, origin === undefined || origins.includes(origin));
    },
  });
