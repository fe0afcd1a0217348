import { Server } from 'socket.io';

const maxFrameBytes = 256 * 1024;

/**
 * WebSocket only: mobile clients keep no load balancer cookie, so polling would land on other
 * nodes. A foreign page's Origin is refused before the upgrade; CORS does not guard WebSockets.
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
