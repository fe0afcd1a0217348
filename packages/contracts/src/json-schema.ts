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

/**
 * Prints schemas as JSON Schema 2020-12. Joi prints what it knows by itself; what a builder
 * checks in code carries its JSON as `meta({ json })`, and what has a name becomes a `$ref`.
 */
export const printer = (refPrefix: string) => {
  const components: Record<string, Json> = {};

  const body = (schema: AnySchema): Json => {
    const { json } = meta(schema);
    if (json) return json;
    const { keys, items, matches } = schema.$_terms as Inner;
    if (schema.type === 'object' && keys) {
      const required = keys.filter((k) => k.schema._flags['presence'] === 'required');
      return {
        type: 'object',
        properties: Object.fromEntries(keys.map((k) => [k.key, print(k.schema)])),
        ...(required.length > 0 && { required: required.map((k) => k.key) }),
        additionalProperties: schema._flags['unknown'] === true,
      };
    }
    if (schema.type === 'array' && items?.[0]) {
      const bounds = (schema as unknown as { _rules: Rule[] })._rules
        .filter((rule) => rule.name === 'min' || rule.name === 'max')
        .map((rule) => [rule.name === 'min' ? 'minItems' : 'maxItems', rule.args.limit]);
      return { type: 'array', items: print(items[0]), ...Object.fromEntries(bounds) };
    }
    if (schema.type === 'alternatives' && matches)
      return { anyOf: matches.map((match) => print(match.schema)) };
    return schema['~standard'].jsonSchema.input({ target: 'draft-2020-12' });
  };

  const print = (schema: AnySchema): Json => {
    const { name } = meta(schema);
    if (!name) return orNullUnlessPrinted(schema);
    components[name] ??= body(schema);
    return orNull({ $ref: `${refPrefix}${name}` }, schema);
  };
  // Joi states null by itself wherever it prints the schema.
  const orNullUnlessPrinted = (schema: AnySchema): Json => {
    const json = body(schema);
    const own =
      meta(schema).json || ['object', 'array', 'alternatives'].includes(schema.type ?? '');
    return own ? orNull(json, schema) : json;
  };

  return { print, components };
};
