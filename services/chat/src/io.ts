import { Server } from 'socket.io';

const maxFrameBytes = 256 * 1024;

/**
 * WebSocket only: mobile clients keep no cookie of the load balancer, so polling requests would
 * reach other nodes. CORS does not cover WebSockets, so Origins of foreign pages are refused here.
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
    allowRequest: ({ headers: { origin, host } }, callback) => {
      callback(null, origin === undefined || origins.includes(origin) || isOwnHost(origin, host));
    },
  });

const defaultPort = /:(80|443)$/;

/**
 * React Native sends the address of the socket itself as Origin, with the scheme http, https, ws or
 * wss (react-native#6016). A page of another site cannot: browsers set its own Origin.
 */
const isOwnHost = (origin: string, host: string | undefined) => {
  const originHost = /^(?:https?|wss?):\/\/([^/?#@\\]+)$/i.exec(origin)?.[1];
  const plain = (name: string) => name.toLowerCase().replace(defaultPort, '');
  return originHost !== undefined && host !== undefined && plain(originHost) === plain(host);
};
