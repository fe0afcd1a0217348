import { Agent, type IncomingMessage, type ServerResponse, request } from 'node:http';
import { connect, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { pipeline } from 'node:stream';
import { sendProblem } from './send-problem.ts';

/** The address of a service process; without `host`, it is on this machine. */
export type Target = { port: number; host?: string };

const loopback = '127.0.0.1';
const agent = new Agent({ keepAlive: true });
const hopByHop = new Set(['connection', 'keep-alive', 'proxy-connection', 'te', 'upgrade']);

/** Forwards a request to the service and streams the answer back. */
export const proxyRequest = (
  req: IncomingMessage,
  res: ServerResponse,
  { port, host = loopback }: Target,
) => {
  const { method, url: path } = req;
  const forward = request(
    { host, port, agent, method, path, headers: forwardedHeaders(req) },
    (answer) => {
      for (const name of hopByHop) delete answer.headers[name];
      res.writeHead(answer.statusCode!, answer.headers);
      pipeline(answer, res, () => {});
    },
  );
  forward.on('error', () => {
    if (!res.headersSent) sendProblem(res, 'dependency_unavailable');
  });
  res.on('close', () => forward.destroy());
  req.pipe(forward);
};

/** Connects the client of a WebSocket with the service, in both directions. */
export const proxyUpgrade = (
  req: IncomingMessage,
  client: Duplex,
  head: Buffer,
  { port, host = loopback }: Target,
) => {
  const service = connect({ host, port, noDelay: true });
  (client as Socket).setNoDelay(true).setTimeout(0);
  service.write(headOf(req));
  service.write(head);
  client.pipe(service).pipe(client);
  const end = () => {
    client.destroy();
    service.destroy();
  };
  client.on('error', end).on('close', end);
  service.on('error', end).on('close', end);
};

const forwardedHeaders = (req: IncomingMessage) => ({
  ...Object.fromEntries(Object.entries(req.headers).filter(([name]) => !hopByHop.has(name))),
  'x-forwarded-for': forwardedFor(req),
  'x-forwarded-proto': 'http',
});

const headOf = (req: IncomingMessage) => {
  const lines = [`${req.method} ${req.url} HTTP/1.1`];
  for (let i = 0; i < req.rawHeaders.length; i += 2) {
    const [name = '', value = ''] = req.rawHeaders.slice(i, i + 2);
    if (name.toLowerCase() !== 'x-forwarded-for') lines.push(`${name}: ${value}`);
  }
  return `${[...lines, `X-Forwarded-For: ${forwardedFor(req)}`].join('\r\n')}\r\n\r\n`;
};

/** Appends the client's address to the header that the client sent, as a load balancer does. */
const forwardedFor = (req: IncomingMessage) =>
  [req.headers['x-forwarded-for'], req.socket.remoteAddress].filter(Boolean).join(', ');
