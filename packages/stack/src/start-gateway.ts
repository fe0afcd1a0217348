import { createServer, type IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Service } from '@taar/db/owners';
import { proxyRequest, proxyUpgrade, type Target } from './proxy.ts';
import { createMatch, routes } from './routes.ts';
import { sendProblem } from './send-problem.ts';
import { servePage } from './serve-page.ts';

/** Returns the running processes of a service; called for every request and connection. */
export type Targets = (service: Service) => Target[];
type Choice = { target: Target } | { code: 'route_not_found' | 'dependency_unavailable' };

/** Routes as the load balancer does in production, and serves the page. */
export const startGateway = async (port: number, targets: Targets, host = '127.0.0.1') => {
  const choose = createChoice(targets);
  const upgraded = new Set<Duplex>();

  const server = createServer({ requestTimeout: 0, keepAliveTimeout: 60_000 }, (req, res) => {
    const choice = choose(req.url);
    if ('target' in choice) proxyRequest(req, res, choice.target);
    else if (choice.code !== 'route_not_found' || !servePage(req, res))
      sendProblem(res, choice.code);
  });
  server.on('upgrade', (req, socket, head) => {
    const choice = choose(req.url);
    if ('code' in choice) {
      rejectUpgrade(req, socket, choice.code);
      return;
    }
    upgraded.add(socket);
    socket.once('close', () => upgraded.delete(socket));
    proxyUpgrade(req, socket, head, choice.target);
  });

  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(port, host, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      for (const socket of upgraded) socket.destroy();
      await closed;
    },
  };
};

/** Finds the service of a path, and takes its processes in turn. */
const createChoice = (targets: Targets) => {
  const match = createMatch(routes);
  const turns = new Map<Service, number>();

  return (url = '/'): Choice => {
    const service = match(url.split('?', 1)[0]!);
    if (!service) return { code: 'route_not_found' };
    const running = targets(service);
    const turn = turns.get(service) ?? 0;
    turns.set(service, turn + 1);
    const target = running[turn % running.length];
    return target ? { target } : { code: 'dependency_unavailable' };
  };
};

const rejectUpgrade = (
  req: IncomingMessage,
  socket: Duplex,
  code: Extract<Choice, { code: string }>['code'],
) => {
  const res = new ServerResponse(req);
  res.shouldKeepAlive = false;
  res.assignSocket(socket as never);
  res.once('finish', () => socket.end());
  sendProblem(res, code);
};
