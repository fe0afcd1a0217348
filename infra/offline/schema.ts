import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

/** A type as Terraform writes it in JSON: `["set", "string"]`, `["object", {…}]`. */
export type Type =
  | 'string'
  | 'number'
  | 'bool'
  | 'dynamic'
  | ['list' | 'set' | 'map', Type]
  | ['object', Record<string, Type>];

/** `t`: type; required, optional, computed, write-only. Short, as the file holds 60,000 of them. */
export type Attribute = { t: Type; req?: 1; opt?: 1; comp?: 1; wo?: 1 };
/** `n`: nesting; `b`: what one block holds. */
export type NestedBlock = {
  n: 'single' | 'list' | 'set' | 'map';
  b: Block;
  min?: number;
  max?: number;
};
export type Block = {
  attrs: Record<string, Attribute>;
  blocks: Record<string, NestedBlock>;
};
export type Schema = {
  /** Address of the provider in Terraform's registry. */
  name: string;
  version: string;
  provider: Block;
  resources: Record<string, Block>;
  data: Record<string, Block>;
};

const file = new URL('schema.json.gz', import.meta.url);

/** Resource and data source types that the configuration below `dir` names. */
const typesIn = (dir: string): { resource: Set<string>; data: Set<string> } => {
  const types = { resource: new Set<string>(), data: new Set<string>() };
  const files = readdirSync(dir, { recursive: true, encoding: 'utf8' }).filter(
    (name) => /\.(tf|tftest\.hcl)$/.test(name) && !name.includes('.terraform/'),
  );
  for (const name of files)
    for (const [, kind, type] of readFileSync(join(dir, name), 'utf8').matchAll(
      /^\s*(resource|data)\s+"(\w+)"/gm,
    ))
      types[kind as 'resource' | 'data'].add(type!);
  return types;
};

export const readSchema = () => JSON.parse(gunzipSync(readFileSync(file)).toString()) as Schema;

/** Keeps the types that a configuration names: the whole schema costs seconds at every start. */
export const restrict = (schema: Schema, configuration: string): Schema => {
  const used = typesIn(configuration);
  const pick = (blocks: Record<string, Block>, names: Set<string>) =>
    Object.fromEntries(Object.entries(blocks).filter(([name]) => names.has(name)));
  return {
    ...schema,
    resources: pick(schema.resources, used.resource),
    data: pick(schema.data, used.data),
  };
};

const nestingModes = { single: 1, list: 2, set: 3, map: 4 };

const sensitive = new Set([
  'aws_db_instance.password',
  'aws_db_instance.password_wo',
  'aws_elasticache_replication_group.auth_token',
  'aws_elasticache_user.passwords_wo',
  'aws_secretsmanager_secret_version.secret_string',
  'aws_secretsmanager_secret_version.secret_string_wo',
]);

const toProtocolBlock = ({ attrs, blocks }: Block, path: string): object => ({
  attributes: Object.entries(attrs)
    .toSorted(([left], [right]) => (left < right ? -1 : 1))
    .map(([name, attribute]) => ({
      name,
      type: Buffer.from(JSON.stringify(attribute.t)),
      required: Boolean(attribute.req),
      optional: Boolean(attribute.opt) && !attribute.req,
      computed: Boolean(attribute.comp),
      write_only: Boolean(attribute.wo),
      sensitive: sensitive.has(`${path}.${name}`),
    })),
  block_types: Object.entries(blocks).map(([name, nested]) => ({
    type_name: name,
    nesting: nestingModes[nested.n],
    min_items: nested.min ?? 0,
    max_items: nested.max ?? 0,
    block: toProtocolBlock(nested.b, `${path}.${name}`),
  })),
});

export const toProtocol = (block: Block, type: string) => ({
  version: 0,
  block: toProtocolBlock(block, type),
});
