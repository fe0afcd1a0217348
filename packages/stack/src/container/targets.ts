import { lookup } from 'node:dns/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Service, services } from '@taar/db/owners';
import type { Targets } from '../start-gateway.ts';
import type { Target } from '../proxy.ts';
import { routes } from '../routes.ts';

const pollMs = 500;
const timeoutMs = 2_000;

/** Polls `/ready` of every service container, as a load balancer does; returns the ready ones. */
export const watchTargets = (): Targets => {
  const found = new Map<Service, Target[]>();
  const watch = async (service: Service) => {
    for (;;) {
      found.set(service, await readyTargets(service));
      await sleep(pollMs);
    }
  };
  for (const service of services) void watch(service);
  return (service) => found.get(service) ?? [];
};

const readyTargets = async (service: Service): Promise<Target[]> => {
  const { port } = routes[service];
  const addresses = await lookup(service, { all: true, family: 4 }).catch(() => []);
  const targets = addresses.map(({ address }) => ({ host: address, port }));
  const ready = await Promise.all(targets.map(isReady));
  return targets.filter((_target, i) => ready[i]);
};

const isReady = async ({ host, port }: Required<Target>) => {
  const signal = AbortSignal.timeout(timeoutMs);
  const answer = await fetch(`http://${host}:${port}/ready`, { signal }).catch(() => undefined);
  return answer?.ok === true;
};
