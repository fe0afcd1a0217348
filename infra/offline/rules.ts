import { awsRules } from './aws-rules.ts';
import type { Block } from './schema.ts';
import { type Values, isUnknown, listOf } from './values.ts';

export type Broken = { summary: string; detail?: string; path?: (string | number)[] };

/** Rules of a resource type that its schema does not carry, by the names of its attributes. */
export type Rules = {
  /** The attribute needs all of these beside it. */
  requiredWith?: Record<string, string[]>;
  /** At most one of each group may be given. */
  conflicts?: string[][];
  exactlyOneOf?: string[][];
  values?: Record<string, readonly (string | number)[]>;
  matches?: Record<string, RegExp>;
  range?: Record<string, readonly [min: number, max: number]>;
  /** Anything else: each entry that returns a text is broken. */
  checks?: ((values: Values) => string | undefined)[];
};

/** As Terraform's SDK counts: an unknown value and an empty text are given; null and no block are not. */
const isGiven = (value: unknown) =>
  isUnknown(value) ||
  (value !== null && value !== undefined && !(Array.isArray(value) && value.length === 0));

const given = (values: Values, names: string[]) => names.filter((name) => isGiven(values[name]));
/** An unknown value may turn out to be null, so it conflicts with nothing yet. */
const known = (values: Values, names: string[]) =>
  given(values, names).filter((name) => !isUnknown(values[name]));

/** Every pair of `x` and `x_prefix`, and of `x`, `x_wo` and `x_wo_version`, has the same rules. */
const rulesOfNames = ({ attrs }: Block): Rules => {
  const requiredWith: Record<string, string[]> = {};
  const conflicts: string[][] = [];
  for (const name of Object.keys(attrs)) {
    const plain = name.replace(/_(prefix|wo)$/, '');
    if (plain !== name && plain in attrs && !attrs[plain]!.req) conflicts.push([plain, name]);
    const version = `${name}_version`;
    if (!name.endsWith('_wo') || !(version in attrs)) continue;
    requiredWith[name] = [version];
    requiredWith[version] = [name];
  }
  return { requiredWith, conflicts };
};

const brokenNames = (rules: Rules, values: Values): Broken[] => [
  ...Object.entries(rules.requiredWith ?? {})
    .filter(([name]) => isGiven(values[name]))
    .filter(([, others]) => given(values, others).length < others.length)
    .map(([name, others]) => ({
      summary: `"${name}": all of ${[name, ...others].toSorted().join(', ')} must be specified`,
      path: [name],
    })),
  ...(rules.conflicts ?? [])
    .map((names) => known(values, names))
    .filter((names) => names.length > 1)
    .map(([name, other]) => ({ summary: `"${name!}": conflicts with ${other!}`, path: [name!] })),
  ...(rules.exactlyOneOf ?? [])
    .filter((names) => known(values, names).length > 1 || given(values, names).length === 0)
    .map((names) => ({ summary: `exactly one of ${names.join(', ')} must be specified` })),
];

const brokenValues = (rules: Rules, values: Values): Broken[] => [
  ...Object.entries(rules.values ?? {})
    .filter(([name, allowed]) => isPlain(values[name]) && !allowed.includes(values[name] as string))
    .map(([name, allowed]) => ({
      summary: `expected ${name} to be one of ${allowed.join(', ')}`,
      path: [name],
    })),
  ...Object.entries(rules.matches ?? {})
    .filter(([name, pattern]) => isPlain(values[name]) && !pattern.test(String(values[name])))
    .map(([name, pattern]) => ({
      summary: `"${name}" does not match ${String(pattern)}: ${String(values[name])}`,
      path: [name],
    })),
  ...Object.entries(rules.range ?? {})
    .filter(([name]) => isPlain(values[name]))
    .filter(([name, [min, max]]) => Number(values[name]) < min || Number(values[name]) > max)
    .map(([name, [min, max]]) => ({
      summary: `expected ${name} to be in the range ${min} - ${max}`,
      path: [name],
    })),
  ...(rules.checks ?? [])
    .map((check) => check(values))
    .filter((summary) => summary !== undefined)
    .map((summary) => ({ summary })),
];

const isPlain = (value: unknown) =>
  ['string', 'number', 'bigint', 'boolean'].includes(typeof value);

/** Terraform's core lets a configuration set attributes that only AWS computes; the SDK does not. */
const configuredComputed = (block: Block, values: Values, path: Broken['path'] = []): Broken[] => [
  ...Object.entries(block.attrs)
    .filter(([name, { comp, opt, req }]) => comp && !opt && !req && isGiven(values[name]))
    .map(([name]) => ({
      summary: 'Value for unconfigurable attribute',
      detail: `"${name}" is decided by AWS.`,
      path: [...path, name],
    })),
  ...Object.entries(block.blocks).flatMap(([name, { n: nesting, b: inner }]) =>
    (isUnknown(values[name]) ? [] : listOf(values[name])).flatMap((element, i) =>
      isUnknown(element)
        ? []
        : configuredComputed(
            inner,
            element as Values,
            nesting === 'list' ? [...path, name, i] : [...path, name],
          ),
    ),
  ),
];

/** Rules that the real provider, or AWS itself, would find broken by a resource's configuration. */
export const brokenRules = (type: string, block: Block, config: Values): Broken[] => {
  const open = Object.keys({ ...block.attrs, ...block.blocks }).map((name) => [name, null]);
  const values: Values = { ...Object.fromEntries(open), ...config };
  const sets = [rulesOfNames(block), awsRules[type] ?? {}];
  return [
    ...configuredComputed(block, values),
    ...sets.flatMap((rules) => [...brokenNames(rules, values), ...brokenValues(rules, values)]),
  ];
};
