import { lookup } from 'node:dns/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Service, services } from '@taar/db';
import type { Targets } from '../gateway.ts';
import type { Target } from '../proxy.ts';
import { routes } from '../routes.ts';

const pauseMs = 500;
const timeoutMs = 2_000;

const isReady = async ({ host, port }: Required<Target>) => {
  const signal = AbortSignal.timeout(timeoutMs);
  const answer = await fetch(`http://${host}:${port}/ready`, { signal }).catch(() => undefined);
  return answer?.ok === true;
};

const readyTargets = async (service: Service): Promise<Target[]> => {
  const { port } = routes[service];
  const addresses = await lookup(service, { all: true, family: 4 }).catch(() => []);
  const targets = addresses.map(({ address }) => ({ host: address, port }));
  const ready = await Promise.all(targets.map(isReady));
  return targets.filter((_target, i) => ready[i]);
};

/** The containers of each service that say they are ready, asked as a load balancer asks. */
export const watchTargets = (): Targets => {
  const found = new Map<Service, Target[]>();
  const watch = async (service: Service) => {
    for (;;) {
      found.set(service, await readyTargets(service));
      await sleep(pauseMs);
    }
  };
  for (const service of services) void watch(service);
  return (service) => found.get(service) ?? [];
};
