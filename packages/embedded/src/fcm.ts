import { once } from 'node:events';
import { type IncomingMessage, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A message as Firebase's Admin SDK sends it to FCM. */
export type FcmMessage = {
  token: string;
  data?: Record<string, string>;
  notification?: { title?: string; body?: string };
  android?: { collapse_key?: string; priority?: string; ttl?: string };
  apns?: { headers?: Record<string, string>; payload?: { aps?: Record<string, unknown> } };
};

/** An error answered to a push. With `accepted`, the push counts as delivered nevertheless. */
export type FcmRefusal = {
  status: number;
  /** The canonical gRPC code; `errorCode` is FCM's more precise one. */
  code: string;
  errorCode: string;
  message?: string;
  retryAfterSeconds?: number;
  accepted?: boolean;
};

export type FcmOptions = {
  port?: number;
  onPush?: (message: FcmMessage) => void;
  answer?: (message: FcmMessage) => FcmRefusal | undefined | Promise<FcmRefusal | undefined>;
};

const sending = /^\/v1\/projects\/([^/]+)\/messages:send$/;

const read = async (req: IncomingMessage) => {
  const chunks: Buffer[] = [];
  for await (const chunk of req) chunks.push(chunk as Buffer);
  return JSON.parse(Buffer.concat(chunks).toString()) as { message: FcmMessage };
};

const send = (res: ServerResponse, status: number, body: object, headers = {}) => {
  res.writeHead(status, { 'Content-Type': 'application/json; charset=UTF-8', ...headers });
  res.end(JSON.stringify(body));
};

const refuse = (res: ServerResponse, refusal: FcmRefusal) => {
  const { status, code, errorCode, message = errorCode, retryAfterSeconds } = refusal;
  const type = 'type.googleapis.com/google.firebase.fcm.v1.FcmError';
  const error = { code: status, message, status: code, details: [{ '@type': type, errorCode }] };
  const headers = retryAfterSeconds === undefined ? {} : { 'Retry-After': `${retryAfterSeconds}` };
  send(res, status, { error }, headers);
};

/** Serves FCM's HTTP v1 protocol on loopback; hands each accepted push to `onPush`. */
export const startFcm = async ({ port = 0, onPush, answer }: FcmOptions = {}) => {
  let count = 0;

  const handle = async (req: IncomingMessage, res: ServerResponse) => {
    const [, project] = sending.exec(req.url ?? '') ?? [];
    if (req.method !== 'POST' || project === undefined) return send(res, 404, {});
    const { message } = await read(req);
    const refusal = await answer?.(message);
    if (!refusal || refusal.accepted) onPush?.(message);
    if (refusal) return refuse(res, refusal);
    count += 1;
    return send(res, 200, { name: `projects/${project}/messages/${count}` });
  };

  const server = createServer((req, res) => {
    handle(req, res).catch(() => res.destroy());
  });
  let connections = 0;
  server.on('connection', () => {
    connections += 1;
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    /** Number of connections since the start. */
    connections: () => connections,
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
};
