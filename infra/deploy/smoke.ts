import { randomBytes, randomUUID } from 'node:crypto';
import { DeploymentFailed, type Wait } from './ecs.ts';

const timeoutMs = 10_000;
const maxTries = 3;

/**
 * Asks every service, through the load balancer, for something that needs no account; among it a
 * row of the database and a socket. A check that fails is tried again, as a network can fail too.
 */
export const smoke = async (url: string, wait: Wait) => {
  for (const check of checks)
    for (let attempt = 1; ; attempt++) {
      try {
        await check(url);
        break;
      } catch (error) {
        if (attempt === maxTries) throw error;
        await wait();
      }
    }
};

type Check = (url: string) => Promise<void>;

const answers =
  (path: string, status: number, text: string, body?: () => object): Check =>
  async (url) => {
    const response = await fetch(new URL(path, url), {
      signal: AbortSignal.timeout(timeoutMs),
      ...(body && {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body()),
      }),
    });
    if (response.status !== status || !(await response.text()).includes(text))
      throw new DeploymentFailed(`${path} answered ${response.status} instead of ${status}.`);
  };

/** A well-formed token of a session that does not exist: auth looks for its row in the database. */
const unknownSession = () => ({
  refreshToken: randomBytes(52).toString('base64url'),
  deviceId: randomUUID(),
});

/** Engine.IO packets of Socket.IO: 0 opens the connection, 40 connects to the default namespace. */
const opensSocket: Check = async (url) => {
  const address = new URL('/socket.io/?EIO=4&transport=websocket', url);
  const socket = new WebSocket(String(address).replace(/^http/, 'ws'));
  try {
    await new Promise<void>((resolve, reject) => {
      const fail = (reason: string) =>
        reject(new DeploymentFailed(`/socket.io did not connect: ${reason}.`));
      AbortSignal.timeout(timeoutMs).addEventListener('abort', () => fail('no answer in time'));
      socket.addEventListener('error', () => fail('the connection failed'));
      socket.addEventListener('close', ({ code }) => fail(`closed with ${code}`));
      socket.addEventListener('message', ({ data }) => {
        if (String(data).startsWith('0{')) socket.send('40');
        else if (String(data).startsWith('40')) resolve();
        else if (String(data).startsWith('44')) fail('the server refused');
      });
    });
  } finally {
    socket.close();
  }
};

const checks: Check[] = [
  answers('/auth/.well-known/jwks.json', 200, '"kid"'),
  answers('/auth/refresh', 401, 'refresh_token_invalid', unknownSession),
  answers('/chats', 401, 'unauthenticated'),
  answers('/users/me', 401, 'unauthenticated'),
  answers('/media/00000000-0000-0000-0000-000000000000', 401, 'unauthenticated'),
  answers('/status', 401, 'unauthenticated'),
  answers('/nowhere', 404, 'route_not_found'),
  opensSocket,
];
