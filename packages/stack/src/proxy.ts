import { Agent, type IncomingMessage, type ServerResponse, request } from 'node:http';
import { connect, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { pipeline } from 'node:stream';
import { problem } from './problem.ts';

/** Where a service listens: on this machine unless a host is named. */
export type Target = { port: number; host?: string };

const here = '127.0.0.1';
const agent = new Agent({ keepAlive: true });
const hopByHop = new Set(['connection', 'keep-alive', 'proxy-connection', 'te', 'upgrade']);

/** As a load balancer does: the address that it saw comes last in whatever the client claimed. */
const forwardedFor = (req: IncomingMessage) =>
  [req.headers['x-forwarded-for'], req.socket.remoteAddress].filter(Boolean).join(', ');

const forwarded = (req: IncomingMessage) => ({
  ...Object.fromEntries(Object.entries(req.headers).filter(([name]) => !hopByHop.has(name))),
  'x-forwarded-for': forwardedFor(req),
  'x-forwarded-proto': 'http',
});

/** Passes a request on and its answer back, streaming both. */
export const proxyRequest = (
  req: IncomingMessage,
  res: ServerResponse,
  { port, host = here }: Target,
) => {
  const { method, url: path } = req;
  const onward = request({ host, port, agent, method, path, headers: forwarded(req) }, (answer) => {
    for (const name of hopByHop) delete answer.headers[name];
    res.writeHead(answer.statusCode!, answer.headers);
    pipeline(answer, res, () => {});
  });
  onward.on('error', () => {
    if (!res.headersSent) problem(res, 'dependency_unavailable');
  });
  res.on('close', () => onward.destroy());
  req.pipe(onward);
};

const headOf = (req: IncomingMessage) => {
  const lines = [`${req.method} ${req.url} HTTP/1.1`];
  for (let i = 0; i < req.rawHeaders.length; i += 2) {
    const [name = '', value = ''] = req.rawHeaders.slice(i, i + 2);
    if (name.toLowerCase() !== 'x-forwarded-for') lines.push(`${name}: ${value}`);
  }
  return `${[...lines, `X-Forwarded-For: ${forwardedFor(req)}`].join('\r\n')}\r\n\r\n`;
};

/** Joins the client's connection with one to the service, as both want to speak WebSocket. */
export const proxyUpgrade = (
  req: IncomingMessage,
  client: Duplex,
  head: Buffer,
  { port, host = here }: Target,
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
