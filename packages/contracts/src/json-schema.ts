import type Joi from 'joi';
import type { AnySchema } from './schema.ts';

type Json = Record<string, unknown>;
type Inner = {
  keys?: { key: string; schema: AnySchema }[];
  items?: AnySchema[];
  matches?: { schema: AnySchema }[];
  metas?: { name?: string; json?: Json }[];
};
type Rule = { name: string; args: { limit: number } };

/**
 * Prints schemas as JSON Schema 2020-12. Joi prints plain rules; a builder that checks in code
 * states its JSON in `meta({ json })`, and a named schema becomes a `$ref`.
 */
export const printer = (refPrefix: string) => {
  const components: Record<string, Json> = {};

  const print = (schema: AnySchema): Json => {
    const { name } = meta(schema);
    if (!name) return printUnnamed(schema);
    components[name] ??= printBody(schema);
    return orNull({ $ref: `${refPrefix}${name}` }, schema);
  };

  const printUnnamed = (schema: AnySchema): Json => {
    const json = printBody(schema);
    const isJoiOutput =
      !meta(schema).json && !['object', 'array', 'alternatives'].includes(schema.type ?? '');
    // Joi states null itself.
    return isJoiOutput ? json : orNull(json, schema);
  };

  const printBody = (schema: AnySchema): Json => {
    const { json } = meta(schema);
    if (json) return json;
    const { keys, items, matches } = schema.$_terms as Inner;
    if (schema.type === 'object' && keys) return printObject(schema, keys);
    if (schema.type === 'array' && items?.[0]) return printArray(schema, items[0]);
    if (schema.type === 'alternatives' && matches)
      return { anyOf: matches.map((match) => print(match.schema)) };
    return schema['~standard'].jsonSchema.input({ target: 'draft-2020-12' });
  };

  const printObject = (schema: AnySchema, keys: NonNullable<Inner['keys']>): Json => {
    const required = keys.filter((entry) => entry.schema._flags['presence'] === 'required');
    return {
      type: 'object',
      properties: Object.fromEntries(keys.map((entry) => [entry.key, print(entry.schema)])),
      ...(required.length > 0 && { required: required.map((entry) => entry.key) }),
      additionalProperties: schema._flags['unknown'] === true,
    };
  };

  const printArray = (schema: AnySchema, item: AnySchema): Json => {
    const bounds = (schema as unknown as { _rules: Rule[] })._rules
      .filter((rule) => rule.name === 'min' || rule.name === 'max')
      .map((rule) => [rule.name === 'min' ? 'minItems' : 'maxItems', rule.args.limit]);
    return { type: 'array', items: print(item), ...Object.fromEntries(bounds) };
  };

  return { print, components };
};

const meta = (schema: Joi.AnySchema): { name?: string; json?: Json } =>
  Object.assign({}, ...((schema.$_terms as Inner).metas ?? []));

const orNull = (json: Json, schema: Joi.AnySchema): Json => {
  const { _valids } = schema as unknown as { _valids?: { values(): unknown[] } | null };
  const values = _valids?.values() ?? [];
  if (!values.includes(null)) return json;
  return typeof json['type'] === 'string'
    ? { ...json, type: [json['type'], 'null'] }
    : { anyOf: [json, { type: 'null' }] };
};
