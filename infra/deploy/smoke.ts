import { DeploymentFailed } from './ecs.ts';

const timeoutMs = 10_000;

const expected: { path: string; status: number; holds: string }[] = [
  { path: '/auth/.well-known/jwks.json', status: 200, holds: '"kid"' },
  { path: '/chats', status: 401, holds: 'unauthenticated' },
  { path: '/users/me', status: 401, holds: 'unauthenticated' },
  { path: '/media/00000000-0000-0000-0000-000000000000', status: 401, holds: 'unauthenticated' },
  { path: '/status', status: 401, holds: 'unauthenticated' },
  { path: '/nowhere', status: 404, holds: 'route_not_found' },
];

/** Asks every service, through the load balancer, for something that needs no account. */
export const smoke = async (url: string) => {
  for (const { path, status, holds } of expected) {
    const answer = await fetch(new URL(path, url), { signal: AbortSignal.timeout(timeoutMs) });
    const body = await answer.text();
    if (answer.status !== status || !body.includes(holds))
      throw new DeploymentFailed(`${path} answered ${answer.status} instead of ${status}.`);
  }
};
