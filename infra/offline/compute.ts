import { createHash } from 'node:crypto';
import type { Block, Type } from './schema.ts';
import { type Values, isUnknown, unknown } from './values.ts';

export const account = '123456789012';
export const region = process.env['AWS_REGION'] ?? 'us-east-1';

/** Services whose name in an ARN differs from the start of the resource's type. */
const arnServices: Record<string, string> = {
  lb: 'elasticloadbalancing',
  db: 'rds',
};

const shortHash = (text: string) => createHash('sha256').update(text).digest('hex').slice(0, 17);

const nameOf = (type: string, values: Values) => {
  const named = ['name', 'bucket', 'identifier', 'family'].map((key) => values[key]);
  const name = named.find((value) => typeof value === 'string');
  if (typeof name === 'string') return name;
  const json = JSON.stringify(values, (_key, value: unknown) =>
    isUnknown(value) ? '?' : typeof value === 'bigint' ? String(value) : value,
  );
  return shortHash(type + json).slice(0, 8);
};

const arnOf = (type: string, name: string) => {
  const [service = '', ...rest] = type.replace(/^aws_/, '').split('_');
  if (service === 's3') return `arn:aws:s3:::${name}`;
  if (service === 'iam') return `arn:aws:iam::${account}:${rest.join('_')}/${name}`;
  const kind = rest.length > 0 ? rest.join('_') : service;
  return `arn:aws:${arnServices[service] ?? service}:${region}:${account}:${kind}/${name}`;
};

const valueOf = (type: Type, hint: string): unknown => {
  if (type === 'string') return `${hint}-${shortHash(hint)}`;
  if (type === 'number') return 0;
  if (type === 'bool') return false;
  if (type === 'dynamic') return null;
  if (type[0] === 'map') return {};
  if (type[0] === 'object')
    return Object.fromEntries(
      Object.entries(type[1]).map(([name, inner]) => [name, valueOf(inner, `${hint}.${name}`)]),
    );
  // Configurations read the first element of exported lists of objects; other lists stay empty.
  const isListOfObjects = Array.isArray(type[1]) && type[1][0] === 'object';
  return isListOfObjects ? [valueOf(type[1], hint)] : [];
};

const attributeValue = (type: string, name: string, attribute: Type, values: Values) => {
  if (attribute === 'string' && name === 'region') return region;
  const owner = nameOf(type, values);
  if (attribute === 'string' && name === 'arn') return arnOf(type, owner);
  return valueOf(attribute, `${type}.${owner}.${name}`);
};

type Mode = 'plan' | 'apply';

/**
 * Completes attributes that AWS computes and the configuration leaves open: a plan marks them
 * unknown, an apply gives them a value. Write-only attributes never leave the provider.
 */
export const compute = (
  block: Block,
  type: string,
  config: Values | null,
  values: Values,
  mode: Mode,
): Values => {
  const result = { ...values };
  for (const [name, attribute] of Object.entries(block.attrs)) {
    const isOpen = attribute.comp && (config?.[name] ?? null) === null;
    const isMissing = (result[name] ?? null) === null;
    if (attribute.wo) result[name] = null;
    else if (mode === 'plan' && isOpen && isMissing) result[name] = unknown;
    else if (mode === 'apply' && (isUnknown(result[name]) || (isOpen && isMissing)))
      result[name] = attributeValue(type, name, attribute.t, result);
  }
  for (const [name, nested] of Object.entries(block.blocks))
    result[name] = computeNested(nested, type, config?.[name], result[name], mode);
  return result;
};

const computeNested = (
  { n: nesting, b: block }: Block['blocks'][string],
  type: string,
  config: unknown,
  value: unknown,
  mode: Mode,
): unknown => {
  if (isUnknown(value) && mode === 'apply') return nesting === 'single' ? null : [];
  if (value === null || value === undefined || isUnknown(value)) return value;
  if (nesting === 'single')
    return compute(block, type, (config ?? null) as Values | null, value as Values, mode);
  if (!Array.isArray(value)) return value;
  return value.map((element: Values, i) => {
    const own = Array.isArray(config) ? (config[i] as Values | undefined) : undefined;
    return isUnknown(element) ? element : compute(block, type, own ?? null, element, mode);
  });
};
