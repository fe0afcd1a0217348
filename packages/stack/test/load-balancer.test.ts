import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { array, assert, constantFrom, oneof, property, string } from 'fast-check';
import { createMatch, routes } from '../src/routes.ts';

type Resource = { type: string; values: Record<string, unknown> };
type Module = { resources?: Resource[]; child_modules?: Module[] };
type Rule = {
  priority: number;
  condition: { path_pattern: { values: string[] }[] }[];
  action: { target_group_arn: string }[];
};

/** The folder in which `infra/verify` writes the resolved state of each environment. */
const dir = process.env['STATE_DIR'];
const files = dir ? readdirSync(dir).filter((name) => name.endsWith('.json')) : [];

const resourcesOf = ({ resources = [], child_modules: inner = [] }: Module): Resource[] => [
  ...resources,
  ...inner.flatMap(resourcesOf),
];

/** AWS's matching without a regular expression: `*` is any number of characters, `?` is one. */
const matches = (pattern: string, path: string): boolean => {
  if (pattern === '') return path === '';
  const [first, rest] = [pattern[0], pattern.slice(1)];
  if (first === '*') return matches(rest, path) || (path !== '' && matches(pattern, path.slice(1)));
  return path !== '' && (first === '?' || first === path[0]) && matches(rest, path.slice(1));
};

const readRules = (file: string) => {
  const state = JSON.parse(readFileSync(file, 'utf8')) as { values: { root_module: Module } };
  return resourcesOf(state.values.root_module)
    .filter(({ type }) => type === 'aws_lb_listener_rule')
    .map(({ values }) => values as unknown as Rule)
    .sort((one, other) => one.priority - other.priority)
    .map(({ condition, action }) => ({
      paths: condition.flatMap(({ path_pattern }) => path_pattern.flatMap(({ values }) => values)),
      group: action[0]!.target_group_arn,
    }));
};

const words = ['auth', 'chats', 'users', 'media', 'status', 'socket.io', 'Auth', 'x', '', '..'];
const path = array(oneof(constantFrom(...words), string({ maxLength: 6 })), { maxLength: 4 }).map(
  (parts) => `/${parts.join('/')}`,
);

(dir ? describe : describe.skip)('the load balancer routes paths as the gateway does', () => {
  test.each(files)('%s', (file) => {
    const rules = readRules(join(dir!, file));
    const match = createMatch(routes);
    expect(rules).toHaveLength(5);
    assert(
      property(path, (requested) => {
        const rule = rules.find(({ paths }) =>
          paths.some((pattern) => matches(pattern, requested)),
        );
        const service = /-(\w+)-(?:blue|green)$/.exec(rule?.group ?? '')?.[1];
        expect(match(requested)).toBe(service);
      }),
      { numRuns: 2_000 },
    );
  });
});
