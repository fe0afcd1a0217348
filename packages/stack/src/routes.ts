import { createRequire } from 'node:module';
import type { Service } from '@taar/db/owners';

type Rule = { priority: number; paths: string[] };
export type Match = (path: string) => Service | undefined;

/**
 * Matches a path as AWS's load balancer does: the lowest priority number wins, case counts, `*`
 * stands for any number of characters and `?` for one. The path is compared as the client sent it.
 */
export const createMatch = (routes: Record<string, Rule>): Match => {
  const rules = Object.entries(routes)
    .toSorted(([, one], [, other]) => one.priority - other.priority)
    .map(([service, { paths }]) => ({
      service: service as Service,
      pattern: new RegExp(`^(?:${paths.map(toPattern).join('|')})$`, 's'),
    }));
  return (path) => rules.find(({ pattern }) => pattern.test(path))?.service;
};

const toPattern = (path: string) =>
  path
    .replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
    .replaceAll('\\*', '.*')
    .replaceAll('\\?', '.');

const require = createRequire(import.meta.url);

/** The routing table, which Terraform reads too. */
export const routes = require('@taar/infra/routes.json') as Record<
  Service,
  Rule & { port: number }
>;
