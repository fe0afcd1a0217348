import { createRequire } from 'node:module';
import type { Service } from '@taar/db';

type Rule = { priority: number; paths: string[] };
export type Match = (path: string) => Service | undefined;

const toPattern = (path: string) =>
  path
    .replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
    .replaceAll('\\*', '.*')
    .replaceAll('\\?', '.');

/**
 * The load balancer's rules: lowest priority first, the path alone and as it was sent, upper and
 * lower case apart, `*` for any number of characters and `?` for one.
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

const require = createRequire(import.meta.url);

/** The file that Terraform reads too. */
export const routes = require('@taar/infra/routes.json') as Record<
  Service,
  Rule & { port: number }
>;
