import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

type Values = Record<string, unknown>;
export type Resource = { address: string; type: string; mode: string; values: Values };
type Module = { resources?: Resource[]; child_modules?: Module[] };

/** `infra/verify` writes the state of an offline apply here, one file for each environment. */
const dir = process.env['STATE_DIR'];

const resourcesOf = ({ resources = [], child_modules: inner = [] }: Module): Resource[] => [
  ...resources.filter(({ mode }) => mode === 'managed'),
  ...inner.flatMap(resourcesOf),
];

const read = (file: string) => {
  const state = JSON.parse(readFileSync(file, 'utf8')) as { values: { root_module: Module } };
  return resourcesOf(state.values.root_module);
};

export const platforms: [string, Resource[]][] = dir
  ? readdirSync(dir)
      .filter((name) => name.endsWith('.json'))
      .map((name) => [name.replace('.json', ''), read(join(dir, name))])
  : [];

/** Rows for `describe.each`; one row, to be skipped, where nothing was applied. */
export const eachPlatform: [string, Resource[]][] =
  platforms.length > 0 ? platforms : [['no state', []]];

const bootstrapFile = dir && join(dir, 'bootstrap/dev.json');
export const bootstrap: Resource[] | undefined =
  bootstrapFile && existsSync(bootstrapFile) ? read(bootstrapFile) : undefined;

export const ofType = (resources: Resource[], type: string) =>
  resources.filter((resource) => resource.type === type).map(({ values }) => values);
